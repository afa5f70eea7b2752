//! What features of a raw signal are worth: `couplet bench --vibration`.

use crate::{
    bench::vibration::{Features, Vibration, areas, head, line},
    cli::{
        args::{BenchArgs, FeaturesArgs},
        progress::TrainingBar,
        recipe::recipe,
        say::say,
        windows,
    },
    signal::Windows,
};
use anyhow::Result;
use clap::{Args, Command, FromArgMatches};

/// The flags of `couplet train` for all features.
const FLAGS: &str = "--preset 8K";

/// The flags of `couplet features`.
const WINDOWS: [&str; 6] = ["features", "-", "--window", "256", "--bands", "6"];

/// Prints a table with two lines for each kind of features: a flow, and one Gaussian.
pub fn vibration(args: &BenchArgs) -> Result<()> {
    let windows = asked()?;
    say!("{}", head())?;
    for features in Features::ALL {
        let (mut flow, mut gaussian, mut d, mut bytes) = (Vec::new(), Vec::new(), 0, 0);
        for seed in 1..=args.seeds {
            let fold = Vibration::draw(seed).fold(features, &windows)?;
            d = fold.features.len();
            let flags = format!("{FLAGS} {}", args.flags);
            let recipe = recipe(&flags, seed, (&fold.features, &[]), &fold.training)?;
            let title = format!("{}, seed {seed} of {} ", features.name(), args.seeds);
            let bar = TrainingBar::new(&title, 0.0)?;
            let trained = recipe.run(&fold, |trainer| {
                bar.show(trainer);
                true
            })?;
            bar.clear();
            bytes = bytes.max(trained.cost.flash);
            flow.push(areas(&trained.log_probs, &fold)?);
            gaussian.push(areas(&trained.gaussian, &fold)?);
        }
        let gaussian_bytes = 4 * (d + d * (d + 1) / 2 + 1);
        say!("{}", line(features, d, "flow", bytes, &flow))?;
        say!("{}", line(features, d, "Mahalanobis", gaussian_bytes, &gaussian))?;
    }
    Ok(())
}

/// The windows of the table, by the flags that a user would give.
fn asked() -> Result<Windows> {
    let command = FeaturesArgs::augment_args(Command::new("features"));
    let args = FeaturesArgs::from_arg_matches(&command.try_get_matches_from(WINDOWS)?)?;
    windows::of_flags(&args, true)
}
