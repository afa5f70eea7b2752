use super::{
    calibration::{self, TABLE, Table},
    script::{Command, STRANGE, Script, below, normal, one_of, rng},
};
use couplet::{Cause, Detector, Drift, Event, Rules, RulesError};
use rand_core::Rng;
use serde_json::{Value, json};

/// A detector and what it works by.
struct Watch {
    table: Table,
    rules: Rules<f32>,
    detector: Detector<f32>,
}

/// The order of `couplet_error`.
fn code(error: RulesError) -> u32 {
    match error {
        RulesError::Reference => 8,
        RulesError::Limit => 9,
        RulesError::Release => 10,
        RulesError::Count => 11,
        RulesError::Drift => 12,
    }
}

/// The order of `couplet_cause`.
const CAUSES: [Cause; 4] = [Cause::Invalid, Cause::Single, Cause::Repeated, Cause::Sustained];

/// The kind, the cause, and when it began.
fn event(event: Option<Event>) -> [u32; 3] {
    match event {
        None => [0; 3],
        Some(Event::Alarm { cause, began }) => {
            [1, 1 + CAUSES.iter().position(|other| *other == cause).unwrap() as u32, began]
        }
        Some(Event::Cleared) => [2, 0, 0],
        Some(Event::Silent) => [3, 0, 0],
        Some(Event::Drifted) => [4, 0, 0],
        Some(Event::Unfamiliar) => [5, 0, 0],
    }
}

impl Watch {
    /// An event, and all that the detector remembers.
    fn answer(&self, script: &mut Script, of: Option<Event>) {
        let Watch { rules, detector, .. } = self;
        event(of).into_iter().for_each(|word| script.answer(word));
        script.answer_float(detector.sum());
        script.answer_float(detector.offset());
        script.answer(detector.history());
        script.answer(detector.readings());
        script.answer(detector.invalid());
        script.answer(detector.missed());
        script.answer(detector.gap());
        let hidden = serde_json::to_value(detector).unwrap();
        for field in ["rising", "flags"] {
            script.answer(hidden[field].as_u64().unwrap() as u32);
        }
        let of_cause = |cause| event(Some(Event::Alarm { cause, began: 0 }))[1];
        script.answer(detector.alarm().map_or(0, of_cause));
        script.answer(detector.is_silent(rules));
        script.answer(detector.is_normal(rules));
        script.answer(detector.is_unfamiliar());
    }

    fn push(&mut self, script: &mut Script, log_prob: f32) {
        script.ask(Command::Push).float(log_prob);
        let event = self.detector.push(&self.table, &self.rules, log_prob);
        self.answer(script, event);
    }

    fn missing(&mut self, script: &mut Script) {
        script.ask(Command::Missing);
        let event = self.detector.missing(&self.rules);
        self.answer(script, event);
    }

    fn unfamiliar(&mut self, script: &mut Script) {
        script.ask(Command::Unfamiliar);
        let event = self.detector.unfamiliar();
        self.answer(script, event);
    }

    fn restart(&mut self, script: &mut Script) {
        script.ask(Command::Restart);
        self.detector.restart();
        self.answer(script, None);
    }

    /// Gives the detector a state, if it is one that a detector has.
    fn remember(&mut self, script: &mut Script, state: &Value) {
        let number = |field: &str| state[field].as_f64().map_or(f32::NAN, |value| value as f32);
        let count = |field: &str| state[field].as_u64().unwrap() as u32;
        script.ask(Command::Detector).float(number("sum")).float(number("offset"));
        for field in ["history", "readings", "invalid", "missed", "gap", "rising"] {
            script.word(count(field));
        }
        let name = |cause: &Cause| state["alarm"] == json!(format!("{cause:?}"));
        let alarm = CAUSES.iter().position(name).map_or(0, |cause| cause as u32 + 1);
        script.word(if state["alarm"] == json!("Nobody") { 5 } else { alarm });
        script.word(count("flags"));
        let detector = serde_json::from_value(state.clone());
        script.answer(detector.is_ok());
        self.detector = detector.unwrap_or_default();
        if self.detector == Detector::new() {
            script.ask(Command::Detector);
            (0..10).for_each(|_| _ = script.word(0));
            script.answer(true);
        }
    }
}

/// Rules that pass the check, of every kind. Sums come to be exactly 0, the limit and the release.
fn some_rules(rng: &mut impl Rng, table: &Table) -> Rules<f32> {
    let [most, less, reference] = [0, 8, 20].map(|entry| table.surprises[entry]);
    let reference = one_of(rng, &[1.2, 2.0, 3.0, reference, reference]);
    let one_anomaly = most - reference;
    let limit = one_of(rng, &[0.0, f32::INFINITY, f32::MAX, 5.6, 0.5, 30.0, one_anomaly]);
    let release = one_of(rng, &[0.0, 0.5 * limit, limit, (less - reference).min(limit)]);
    let n = below(rng, 33) as u8;
    Rules {
        reference,
        limit,
        release: if limit < 1e9 { release } else { 1.0 },
        k: one_of(rng, &[0, 1, 1, 2, 3, 5, 32]).min(n),
        n,
        silence: below(rng, 5),
        drift: one_of(rng, &[None, Some(Drift { rate: 0.01, step: 0.05, cap: 0.5 })]),
    }
}

/// Rules with a value that may be wrong.
fn spoilt(rules: &Rules<f32>, rng: &mut impl Rng) -> Rules<f32> {
    let mut rules = *rules;
    let drift = Drift { rate: 0.01, step: 0.05, cap: 0.5 };
    let strange = one_of(rng, &[f32::NAN, f32::INFINITY, -f32::INFINITY, -2.0, -0.0, 1.0, 1e-40]);
    match below(rng, 9) {
        0 => rules.reference = strange,
        1 => rules.limit = strange,
        2 => rules.release = strange,
        3 => rules.k = below(rng, 256) as u8,
        4 => rules.n = below(rng, 256) as u8,
        5 => rules.drift = Some(Drift { rate: strange, ..drift }),
        6 => rules.drift = Some(Drift { step: strange, ..drift }),
        7 => rules.drift = Some(Drift { cap: strange, ..drift }),
        _ => rules.drift = Some(Drift { step: 1e38, ..drift }),
    }
    rules
}

fn send(script: &mut Script, rules: &Rules<f32>) {
    let Rules { reference, limit, release, k, n, silence, drift } = *rules;
    script.ask(Command::Rules).floats(&[reference, limit, release]);
    script.word(k.into()).word(n.into()).word(silence).word(drift.is_some().into());
    let Drift { rate, step, cap } = drift.unwrap_or(Drift { rate: 0.0, step: 0.0, cap: 0.0 });
    script.floats(&[rate, step, cap]);
    script.answer(rules.check().map_or_else(code, |()| 0));
}

/// Normal scores, shifts, strange values, gaps and new episodes, in stretches.
fn stream(script: &mut Script, watch: &mut Watch, rng: &mut impl Rng, count: usize) {
    let mut stretch = 0;
    for _ in 0..count {
        if below(rng, 16) == 0 {
            stretch = below(rng, 9);
        }
        let (log_prob, any) = (normal(rng), f32::from_bits(rng.next_u32()));
        let log_prob = match stretch {
            0 => log_prob - 3.0,
            1 => log_prob - 1.0,
            2 => one_of(rng, &[log_prob, any]),
            3 => one_of(rng, &STRANGE),
            4 => one_of(rng, &watch.table.log_probs) + watch.detector.offset(),
            _ => log_prob,
        };
        match (stretch, below(rng, 40)) {
            (5, _) => watch.missing(script),
            (_, 0) => watch.restart(script),
            (6, 1..20) => watch.unfamiliar(script),
            _ => watch.push(script, log_prob),
        }
    }
}

/// States at the ends of their ranges, and some that no detector has.
fn some_state(rng: &mut impl Rng) -> Value {
    let count = |rng: &mut _| one_of(rng, &[0, 1, 7, u32::MAX - 1, u32::MAX]);
    let missed = count(rng);
    let rising = one_of(rng, &[0_u16, 1, 65_533, 65_534, 65_535]);
    let sum = if rising > 0 { one_of(rng, &[0.5_f32, 5.0, 60.0]) } else { 0.0 };
    let readings = count(rng);
    let mut state = json!({
        "sum": sum,
        "offset": one_of(rng, &[0.0_f32, -0.5, 0.5, 0.25, 0.3]),
        "history": rng.next_u32(),
        "readings": readings,
        "invalid": one_of(rng, &[0, readings]),
        "missed": missed,
        "gap": one_of(rng, &[0, missed]),
        "rising": rising,
        "alarm": one_of(rng, &[None, Some("Invalid"), Some("Single"), Some("Sustained")]),
        "flags": below(rng, 8),
    });
    let (field, wrong) = one_of(
        rng,
        &[
            ("sum", f64::NAN),
            ("sum", -1.0),
            ("sum", 0.0),
            ("offset", f64::INFINITY),
            ("invalid", 9.0),
            ("gap", 9.0),
            ("rising", 0.0),
            ("flags", 8.0),
            ("alarm", 0.0),
        ],
    );
    if below(rng, 3) == 0 {
        state[field] = match field {
            "alarm" => json!("Nobody"),
            "sum" | "offset" => json!(wrong),
            _ => json!(wrong as u32),
        };
    }
    state
}

pub fn script() -> Script {
    let mut script = Script::default();
    let rng = &mut rng(2);
    let mut rows: Vec<f32> = (0..999).map(|_| normal(rng)).collect();
    rows.sort_by(f32::total_cmp);
    let table = couplet::Calibration::<f32, TABLE>::of_sorted(0, &rows, 10).unwrap();
    calibration::send(&mut script, &table);
    for case in 0..1500 {
        let mut rules = some_rules(rng, &table);
        assert_eq!(rules.check(), Ok(()), "{rules:?}");
        if case % 3 == 0 {
            rules = spoilt(&rules, rng);
        }
        send(&mut script, &rules);
        let mut watch = Watch { table, rules, detector: Detector::new() };
        watch.remember(&mut script, &serde_json::to_value(watch.detector).unwrap());
        stream(&mut script, &mut watch, rng, 80);
        watch.remember(&mut script, &some_state(rng));
        stream(&mut script, &mut watch, rng, 20);
    }
    script
}
