use super::minus;

/// The numbers along one side of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
}

/// The most powers of ten beside an axis.
const POWERS: i32 = 6;

impl Axis {
    /// From `low` to `high`, even steps. Equal ends are moved apart.
    pub fn linear(low: f64, high: f64) -> Self {
        let apart = if high > low { 0.0 } else { 0.5_f64.max(low.abs() * 0.05) };
        Axis { low: low - apart, high: high + apart, is_log: false }
    }

    /// From `low` to `high`, both positive, even factors.
    pub fn log(low: f64, high: f64) -> Self {
        let high = if high > low { high } else { 10.0 * low };
        Axis { low, high, is_log: true }
    }

    /// Where a number is, from 0 at the low end to 1 at the high end. What lies outside is at the
    /// end; so is what is not finite.
    pub fn at(&self, value: f64) -> f64 {
        let of = |value: f64| if self.is_log { value.ln() } else { value };
        let (low, high) = (of(self.low), of(self.high));
        let part = (of(value) - low) / (high - low);
        if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) }
    }

    /// Whether a number is between the ends.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Round numbers between the ends, at most `count`, with their texts. There may be three where fewer
    /// are asked for.
    pub fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        if self.is_log { self.powers() } else { self.rounds(count) }
    }

    fn rounds(&self, count: usize) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        let power = 10_f64.powf((span / count.max(1) as f64).log10().floor());
        let fits = |step: &f64| {
            let inside = (self.high / step).floor() - (self.low / step).ceil() + 1.0;
            inside <= count.max(3) as f64
        };
        let step = [1.0, 2.0, 5.0, 10.0, 20.0].map(|it| it * power).into_iter().find(fits);
        let step = step.unwrap_or(50.0 * power);
        let first = (self.low / step).ceil();
        let all = (0..=count.max(3)).map(|i| (first + i as f64) * step);
        let inside = all.filter(|&value| value <= self.high + 1e-9 * step);
        let largest = self.low.abs().max(self.high.abs());
        let digits = (-step.log10().floor()).max(0.0) as usize;
        let text = |value: f64| {
            let value = if value.abs() < 1e-6 * step { 0.0 } else { value };
            match value {
                _ if value == 0.0 => "0".into(),
                _ if largest >= 1e6 || step < 1e-5 => minus(&brief(value)),
                _ => minus(&format!("{value:.digits$}")),
            }
        };
        inside.map(|value| (value, text(value))).collect()
    }

    fn powers(&self) -> Vec<(f64, String)> {
        let [first, last] =
            [self.low.log10().ceil() as i32, (self.high.log10() + 1e-9).floor() as i32];
        let step = ((last - first) / POWERS + 1).max(1) as usize;
        let text = |power: i32| match power {
            0..=5 => 10_i64.pow(power as u32).to_string(),
            -3..0 => format!("{:.*}", -power as usize, 10_f64.powi(power)),
            _ => format!("1e{power}"),
        };
        let powers = (first..=last).rev().step_by(step);
        powers.map(|power| (10_f64.powi(power), minus(&text(power)))).collect()
    }
}

/// A number of three digits with an exponent.
fn brief(value: f64) -> String {
    let text = format!("{value:.2e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::Axis;

    fn texts(axis: Axis, count: usize) -> String {
        axis.ticks(count).into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(texts(Axis::linear(-0.7, 0.7), 4), "−0.5 0 0.5");
        assert_eq!(texts(Axis::linear(995.0, 1005.0), 5), "996 998 1000 1002 1004");
        assert_eq!(texts(Axis::linear(21.9975, 22.0045), 3), "22.000");
        assert_eq!(texts(Axis::linear(0.0, 3.2e8), 4), "0 1e8 2e8 3e8");
        assert_eq!(texts(Axis::linear(0.0, 7e-6), 4), "0 2e−6 4e−6 6e−6");
        assert_eq!(texts(Axis::log(0.0001, 1.0), 4), "1 0.1 0.01 0.001 1e−4");
        assert_eq!(texts(Axis::log(0.5, 2e7), 4), "1e7 100000 1000 10");
        assert_eq!(texts(Axis::linear(3.0, 3.0), 3), "2.5 3.0 3.5");
    }

    #[test]
    fn numbers_outside_are_at_the_ends() {
        let axis = Axis::linear(-2.0, 2.0);
        let at = [-1.0, 9.0, f64::NEG_INFINITY, f64::NAN].map(|x| axis.at(x));
        assert_eq!(at, [0.25, 1.0, 0.0, 0.0]);
        assert_eq!(Axis::log(0.01, 1.0).at(0.1), 0.5);
        assert_eq!(Axis::log(0.01, 1.0).at(0.0), 0.0);
    }
}
