//! What `couplet train` says about the rows that it holds out.

use crate::{
    cli::args::TrainArgs,
    data::{
        Dependence,
        split::{Kind, Split, Way},
    },
    train::Options,
};

/// Says how the rows were held out, and warns where that makes held-out nats worth less.
pub fn tell(split: &Split, args: &TrainArgs, features: &[String], rows: usize) {
    let Split { repeats, twins, dependence, way, .. } = split;
    let Dependence { time, feature, .. } = dependence;
    if *repeats > 0 {
        eprintln!(
            "equal rows: {repeats} of {rows} repeat an earlier one; equal rows stay together"
        );
    }
    let worth = format!("about {} independent training rows", split.effective);
    let depends = feature.map(|i| {
        format!(
            "rows depend on the rows before them, for up to {time} rows (column {})",
            features[i]
        )
    });
    match (*way, depends) {
        (Way::Random, Some(depends)) => eprintln!(
            "warning: {depends}: held-out rows have neighbours in training, so that held-out \
             nats are too good; leave out --split random unless the file is sorted only"
        ),
        (Way::Blocks { blocks, length, gap }, depends) => {
            let measured = depends.map_or(String::new(), |depends| format!("{depends}: "));
            let sorted = if args.split == Some(Kind::Blocks) {
                ""
            } else {
                "; --split random if the file is sorted only"
            };
            eprintln!(
                "{measured}{worth}; {blocks} blocks of {length} rows are set apart, with gaps of \
                 {gap} rows{sorted}"
            );
            if gap < *time {
                eprintln!(
                    "warning: gaps of {time} rows, the correlation time, would take more than a \
                     quarter of the rows; {gap} leave held-out nats a little too good: more \
                     rows would do"
                );
            }
        }
        (Way::Groups { groups, held }, depends) => eprintln!(
            "{held} of {groups} groups are set apart{}",
            depends.map_or(String::new(), |depends| format!("; {depends}: {worth}"))
        ),
        (Way::Given, Some(depends)) => eprintln!("{depends}: {worth}"),
        _ => (),
    }
    if *twins > 0 {
        eprintln!("{twins} held-out rows are left out, since they equal training rows");
    }
    let enough = Options::enough_rows(features.len());
    if split.effective < enough {
        eprintln!(
            "warning: {worth} are few for {} features, so that one Gaussian may be better, and \
             held-out nats are rough: give {enough} or more",
            features.len()
        );
    }
}
