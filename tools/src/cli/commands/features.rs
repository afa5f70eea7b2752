use crate::{
    cli::{
        args::FeaturesArgs,
        hint,
        output::{Output, keep_inputs},
        progress::spinner,
        windows,
    },
    data::{Columns, Reading, Signal, Told},
    hint::{Hint, Hinted},
    input,
    signal::{Channel, Extractor, Level, Order, Row, Windows},
};
use anyhow::{Result, bail, ensure};
use std::{ffi::OsStr, io::Write, iter};

/// What is added to each mean square of a feature.
const FLOOR: f64 = 1e-9;

/// `couplet features`.
pub fn features(args: &FeaturesArgs) -> Result<()> {
    refuse_flags(args)?;
    let reading = Reading::from(&args.reading);
    let name = args.data.display().to_string();
    let like = args.like.as_ref().map(|path| windows::of_file(path)).transpose()?;
    let inputs: Vec<_> = iter::once(&args.data).chain(&args.like).map(|path| &**path).collect();
    keep_inputs(&inputs, &args.output)?;
    let output = Output::create_beside_models(&args.output)?;
    let signal = Signal::open(&args.data, &reading)?;
    let order = order(args, &signal, like.as_ref())?;
    let columns = (order != Order::Samples).then(|| signal.unnamed().unwrap_or_default());
    let spinner = spinner(format!("reading {name}"));
    let (windows, signal) = match like {
        Some(like) => (like, signal),
        None => {
            let windows = windows::of_flags(args, order == Order::Windows)?;
            let windows = measured(windows, signal, order, columns.as_deref(), &name)?;
            (windows, Signal::open(&args.data, &reading)?)
        }
    };
    let mut said = None;
    output.write_by(|sink| {
        let (told, counts) = write(&windows, signal, order, columns.as_deref(), sink)?;
        ensure_features(&counts, &windows, &name)?;
        said = Some((told, counts));
        Ok(())
    })?;
    spinner.finish_and_clear();
    if let Some((told, counts)) = said {
        tell(&told, &counts, &windows, order, &name);
    }
    Ok(())
}

/// Refuses flags that are for rows of readings.
fn refuse_flags(args: &FeaturesArgs) -> Result<()> {
    ensure!(
        !args.reading.drop_missing,
        "--drop-missing: samples follow each other, so none is dropped: leave it out, and give it to \
         `couplet train`, which then drops windows with missing samples"
    );
    ensure!(!args.reading.dequantize, "--dequantize: it is for `couplet train`: leave it out");
    ensure!(
        args.like.is_some() || !input::is_standard(&args.data),
        "standard input is not read twice, for the mean and for the features: save it to a file, or \
         give --like"
    );
    let ending = args.output.extension().and_then(OsStr::to_str);
    if let Some(ending @ ("npy" | "npz" | "parquet")) = ending {
        bail!(
            "{}: features are written as text, not as .{ending}, as their first line holds the \
             constants of the windows: give -o a name with .csv",
            args.output.display()
        );
    }
    Ok(())
}

/// What a row of the file is.
fn order(args: &FeaturesArgs, signal: &Signal, like: Option<&Windows>) -> Result<Order> {
    let name = args.data.display();
    let columns = signal.unnamed().map_or(0, |columns| columns.len());
    let asked = match like {
        None => args.window.unwrap_or(0),
        Some(like) => like.samples + like.settling,
    };
    let is_array = columns > 1 && columns == asked;
    let order = args.rows.unwrap_or(if is_array { Order::Windows } else { Order::Samples });
    if order == Order::Windows {
        ensure!(
            columns == asked,
            "--rows windows: a window has {asked} samples, and a row of {name} {columns}: they must \
             be equal, and the columns without names"
        );
        ensure!(
            like.is_none_or(|like| like.settling > 0),
            "the windows in {name} do not go on from each other, as those of --like did: give --rows \
             running if they do, else leave --like out and train again"
        );
    }
    ensure!(
        order != Order::Running || columns > 0,
        "--rows running: {name} names its columns, so that each is a signal: leave --rows out"
    );
    Ok(order)
}

/// The columns that are read, and the names of the channels.
fn read(
    signal: Signal,
    windows: &Windows,
    columns: Option<&[String]>,
    take: impl FnMut(&[f32]) -> Result<()>,
) -> Result<Told> {
    let names: Vec<String> = windows.channels.iter().map(|it| it.name.clone()).collect();
    match columns {
        Some(columns) => signal.read(Columns::named(columns), take),
        None if names.is_empty() => signal.read(Columns::All, take),
        None => signal.read(Columns::named(&names), take),
    }
}

/// The windows with channels: their names, and their means in the file.
fn measured(
    windows: Windows,
    signal: Signal,
    order: Order,
    columns: Option<&[String]>,
    file: &str,
) -> Result<Windows> {
    let mut levels: Vec<Level> = Vec::new();
    let told = read(signal, &windows, columns, |row| {
        if order == Order::Samples {
            levels.resize(row.len(), Level::default());
            levels.iter_mut().zip(row).for_each(|(level, &x)| level.push(x));
        } else {
            levels.resize(1, Level::default());
            row.iter().for_each(|&x| levels[0].push(x));
        }
        Ok(())
    })?;
    let names = match order {
        Order::Samples => told.channels,
        Order::Windows | Order::Running => vec!["signal".into()],
    };
    ensure!(!levels.is_empty(), "{file} has a header but no rows");
    let channel = |(name, level): (String, Level)| {
        let (Some(mean), Some(variance)) = (level.mean(), level.variance()) else {
            let message = format!("{file}: column {name} has no number in it");
            bail!(Hinted::new(message, Hint::ExcludeThis(name)));
        };
        if variance == 0.0 {
            let message = format!("{file}: column {name} is constant, so it has no features");
            bail!(Hinted::new(message, Hint::ExcludeThis(name)));
        }
        if variance < 100.0 * FLOOR {
            eprintln!(
                "warning: {file}, column {name} varies by {:.1e} only, and features cannot tell \
                 powers below {FLOOR:e}: give it in a smaller unit",
                variance.sqrt()
            );
        }
        Ok(Channel { name, offset: mean as f32 })
    };
    let channels = names.into_iter().zip(levels).map(channel).collect::<Result<_>>()?;
    Ok(Windows { channels, ..windows })
}

/// What becomes of the windows of a file.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    samples: usize,
    rows: usize,
    /// Rows with missing samples.
    missing: usize,
    /// Windows that are left out, since filters settle in them.
    settling: usize,
}

/// Writes the features, window by window.
fn write(
    windows: &Windows,
    signal: Signal,
    order: Order,
    columns: Option<&[String]>,
    sink: &mut dyn Write,
) -> Result<(Told, Counts)> {
    let mut counts = Counts::default();
    let mut extractor = Extractor::new(windows)?;
    let told = read(signal, windows, columns, |row| match order {
        Order::Samples => {
            counts.samples += 1;
            let row = extractor.push(row);
            row.map_or(Ok(()), |row| counts.write(row, order, windows, sink))
        }
        Order::Running => row.iter().try_for_each(|x| {
            counts.samples += 1;
            let row = extractor.push(std::slice::from_ref(x));
            row.map_or(Ok(()), |row| counts.write(row, order, windows, sink))
        }),
        Order::Windows => {
            counts.samples += row.len();
            counts.write(extractor.alone(row)?, order, windows, sink)
        }
    })?;
    Ok((told, counts))
}

impl Counts {
    /// Writes the features of the window that has just ended.
    fn write(
        &mut self,
        row: Row<'_>,
        order: Order,
        windows: &Windows,
        sink: &mut dyn Write,
    ) -> Result<()> {
        let Row::Features(features) = row else {
            self.settling += 1;
            return Ok(());
        };
        if self.rows == 0 {
            sink.write_all(&heading(order, windows)?)?;
        }
        self.rows += 1;
        self.missing += usize::from(features.iter().any(|x| x.is_nan()));
        let place = match order {
            Order::Windows => self.rows,
            Order::Samples | Order::Running => self.samples - windows.samples + 1,
        };
        write!(sink, "{place}")?;
        for x in features {
            // A missing value is an empty cell.
            if x.is_nan() { write!(sink, ",")? } else { write!(sink, ",{x}")? }
        }
        Ok(writeln!(sink)?)
    }
}

/// The constants, and the names of the columns.
fn heading(order: Order, windows: &Windows) -> Result<Vec<u8>> {
    let place = if order == Order::Windows { "row" } else { "sample" };
    let mut names = csv::Writer::from_writer(format!("{}\n", windows.to_comment()?).into_bytes());
    names.write_record(iter::once(place).chain(windows.features().iter().map(|name| &**name)))?;
    Ok(names.into_inner()?)
}

/// Refuses a signal that is too short for features.
fn ensure_features(counts: &Counts, windows: &Windows, file: &str) -> Result<()> {
    let (all, two) = (counts.samples, 2 * windows.samples);
    ensure!(
        counts.rows > 0,
        "{file} has {all} samples and no features: the first window settles the filters, so {two} \
         samples in a row make the first features; give a longer signal or a shorter --window"
    );
    Ok(())
}

/// Says what was written, and what was left out.
fn tell(told: &Told, counts: &Counts, windows: &Windows, order: Order, file: &str) {
    told.notes.iter().for_each(|note| eprintln!("{}", hint::words(note)));
    let Counts { samples, rows, missing, settling } = *counts;
    let names: Vec<&str> = windows.channels.iter().map(|channel| &*channel.name).collect();
    let left_out = match &told.left_out[..] {
        [] => String::new(),
        columns => format!("; columns left out: {}", columns.join(", ")),
    };
    eprintln!(
        "{file}: {rows} windows of {} samples, {} features each of {}{left_out}",
        windows.samples,
        windows.features_each(),
        names.join(", ")
    );
    if order == Order::Windows {
        eprintln!(
            "each row is a window by itself: its first {} samples settle the filters; give --rows \
             running if rows go on from each other",
            windows.settling
        );
    } else {
        let windows_left_out = match settling {
            1 => "the first window, in which the filters settle".into(),
            more => format!(
                "{more} windows in which filters settle, the first and those after missing samples"
            ),
        };
        let rest = match samples % windows.samples {
            0 => String::new(),
            rest => format!(", and the last {rest} samples, which fill no window"),
        };
        eprintln!("left out: {windows_left_out}{rest}");
    }
    if missing > 0 {
        eprintln!(
            "{missing} of {rows} windows lack features, as samples are missing or too large for f32: \
             `couplet train` drops them by --drop-missing"
        );
    }
}
