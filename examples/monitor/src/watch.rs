//! The alarms of the program's model, in the words of `couplet watch`.

use crate::{ALARM_ANSWER, CALIBRATION, D, HASH, MODEL, RULES, TYPICAL, name};
use couplet::{Attribution, Cause, Detector, Event, nalgebra::SVector};
use semihosting::{print, println, process};

/// How many features an alarm names.
const BLAMED: usize = 3;

/// Ends the program unless all of it fits together and computes what the exporter computed.
pub fn self_test() {
    if CALIBRATION.check(HASH).is_err() || RULES.check().is_err() {
        println!("the calibration is none of this model");
        process::exit(1);
    }
    let test =
        MODEL.self_test().and_then(|()| ALARM_ANSWER.self_test(&MODEL, &CALIBRATION, &TYPICAL));
    if let Err(error) = test {
        println!("self-test failed: {}", error);
        process::exit(1);
    }
}

/// Prints what the detector says of the readings.
pub fn print_events(readings: impl Iterator<Item = SVector<f32, D>>) {
    let mut detector = Detector::new();
    for (reading, row) in readings.zip(1..) {
        match detector.push(&CALIBRATION, &RULES, MODEL.log_prob(&reading)) {
            Some(Event::Alarm { cause, began }) => print_alarm(row, cause, began, &reading),
            Some(Event::Cleared) => println!("row {} cleared", row),
            Some(Event::Silent) => println!("row {} silent", row),
            Some(Event::Drifted) => println!("row {} drifted", row),
            Some(Event::Unfamiliar) => println!("row {} unfamiliar", row),
            None => (),
        }
    }
}

fn print_alarm(row: u32, cause: Cause, began: u32, reading: &SVector<f32, D>) {
    let p = CALIBRATION.p_value(MODEL.log_prob(reading));
    let found = blame(reading);
    let cause = match cause {
        Cause::Invalid => "invalid",
        Cause::Single => "single",
        Cause::Repeated => "repeated",
        Cause::Sustained => "sustained",
    };
    print!("row {} ALARM: {}", row, cause);
    if began > 0 {
        print!(", since row {}", row - began);
    }
    print!(", p {}", p);
    let mut separator = ": ";
    for feature in found.ranked().into_iter().take(found.culprits().min(BLAMED)) {
        let (value, expected) = (reading[feature], found.expected[feature]);
        print!("{}{} {} (expected {})", separator, name(feature), value, expected);
        separator = ", ";
    }
    println!();
}

/// The features to look at.
pub fn blame(reading: &SVector<f32, D>) -> Attribution<f32, D> {
    Attribution::of(|x| MODEL.log_prob(x), reading, &TYPICAL, CALIBRATION.threshold)
}
