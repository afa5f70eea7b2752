//! What `couplet train` says about the rows that it holds out.

use crate::{
    cli::args::TrainArgs,
    data::{
        Dependence,
        split::{Split, Way},
    },
    train::Options,
};

/// Says how the rows were held out, and warns where that makes held-out nats worth less.
pub fn tell(split: &Split, args: &TrainArgs, features: &[String], rows: usize) {
    let Split { effective, repeats, frequent, twins, dependence, way, .. } = split;
    let Dependence { time, feature, .. } = dependence;
    if *repeats > 0 {
        eprintln!(
            "equal rows: {repeats} of {rows} repeat an earlier one; equal rows stay on one side"
        );
    }
    if *frequent > 0 {
        eprintln!(
            "warning: {frequent} of {rows} rows have values that fill much of the data: they are \
             trained on and never held out, so held-out nats say nothing of them"
        );
    }
    let depends = feature.map(|i| {
        let name = &features[i];
        format!("rows depend on the rows before them (correlation time {time} rows, column {name})")
    });
    let worth = format!("the training rows are worth about {effective} independent ones");
    match (*way, depends) {
        (Way::Random, Some(depends)) => eprintln!(
            "warning: {depends}: held-out rows have neighbours among the training rows, so \
             held-out nats are too good; leave out --split random, unless the file is only sorted"
        ),
        (Way::Blocks { blocks, length, gap }, depends) => {
            let (why, otherwise) = match depends {
                Some(depends) if args.split.is_none() => {
                    (format!("{depends}: "), "; if the file is only sorted, give --split random")
                }
                Some(depends) => (format!("{depends}: "), ""),
                None => (String::new(), ""),
            };
            eprintln!(
                "{why}{blocks} blocks of {length} rows are held out, with gaps of {gap} rows; \
                 {worth}{otherwise}"
            );
            if gap < *time {
                eprintln!(
                    "warning: gaps of {time} rows, the correlation time, would take more than a \
                     quarter of the rows; with gaps of {gap}, held-out nats may be too good: \
                     record for longer"
                );
            }
        }
        (Way::Groups { groups, held }, depends) => {
            let why = depends.map_or(String::new(), |depends| format!("; {depends}: {worth}"));
            let are = if held == 1 { "is" } else { "are" };
            eprintln!("{held} of {groups} groups {are} held out{why}");
        }
        (Way::Given, Some(depends)) => eprintln!("{depends}: {worth}"),
        _ => (),
    }
    if *twins > 0 {
        eprintln!("held-out rows that equal training rows are left out: {twins}");
    }
    let enough = Options::enough_rows(features.len());
    if *effective < enough {
        eprintln!(
            "warning: {worth}, few for {} features: one Gaussian may be better, and held-out nats \
             are rough; give {enough} or more",
            features.len()
        );
    }
}
