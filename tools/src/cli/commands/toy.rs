use crate::{
    bench::vibration::Running,
    cli::{
        args::{Drawn, ToyArgs},
        output::Output,
    },
    data::{
        operation::{CONTEXT, Draw, READINGS},
        toy,
    },
};
use anyhow::{Result, ensure};
use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro128PlusPlus;

/// `couplet toy`.
pub fn toy(args: &ToyArgs) -> Result<()> {
    let is_operation = args.set == Drawn::Operation;
    ensure!(is_operation || args.swapped == 0.0, "--swapped: only operation has a context");
    match args.set {
        Drawn::Points(set) => points(args, set),
        Drawn::Operation => operation(args),
        Drawn::Vibration => vibration(args),
    }
}

/// Points of a plane with their density.
fn points(args: &ToyArgs, set: toy::Set) -> Result<()> {
    ensure!(args.fault.is_none(), "--fault: only vibration has faults");
    let noise = args.noise.unwrap_or(0.1);
    ensure!(
        noise > 0.0 && noise.is_finite(),
        "--noise {noise} must be positive: without noise there is no density"
    );
    let output = Output::create_beside_models(&args.output)?;
    let toy = toy::Toy { set, noise };
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["x", "y", "label", "log_prob"])?;
    for row in toy.sample(args.count, &mut rng) {
        // The rows are written, and their density taken, as the device reads them.
        let (x, y) = (row.x as f32, row.y as f32);
        let log_prob = toy.log_prob(x.into(), y.into());
        writer.write_record([
            x.to_string(),
            y.to_string(),
            row.label.to_string(),
            log_prob.to_string(),
        ])?;
    }
    output.write(&writer.into_inner()?)
}

/// Readings with their context and their density given that.
fn operation(args: &ToyArgs) -> Result<()> {
    ensure!(args.noise.is_none(), "--noise: that of operation is fixed");
    ensure!(args.fault.is_none(), "--fault: only vibration has faults");
    ensure!((0.0..=1.0).contains(&args.swapped), "--swapped {}: give 0 to 1", args.swapped);
    let output = Output::create_beside_models(&args.output)?;
    let mut rng = Xoshiro128PlusPlus::seed_from_u64(args.seed);
    let swapped = (args.swapped * args.count as f64).round() as usize;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(READINGS.iter().chain(&CONTEXT).chain(&["label", "log_prob"]))?;
    let draws = Draw::many(args.count + 1, &mut rng);
    for (i, pair) in draws.array_windows().enumerate() {
        let [draw, other] = pair;
        let is_swapped = i < swapped;
        let row = if is_swapped { draw.in_context_of(other) } else { *draw };
        let numbers = row.x.iter().chain(&row.context).map(f32::to_string);
        let rest = [u8::from(is_swapped).to_string(), row.log_prob().to_string()];
        writer.write_record(numbers.chain(rest))?;
    }
    output.write(&writer.into_inner()?)
}

/// The raw signal of a machine, in the whole thousandths of g of a sensor.
fn vibration(args: &ToyArgs) -> Result<()> {
    ensure!(args.noise.is_none(), "--noise: that of vibration is fixed");
    let output = Output::create_beside_models(&args.output)?;
    let mut machine = Running::new(args.seed);
    let mut text = "vibration\n".to_string();
    for window in 0..args.count {
        if window == args.after {
            machine.set_fault(args.fault);
        }
        for x in machine.window() {
            text += &format!("{}\n", (1000.0 * x).round() as i32);
        }
    }
    output.write(text.as_bytes())
}
