use super::any::MOST_BANDS;
use crate::model::{Description, Notes};
use anyhow::{Context, Result, ensure};
use couplet::Band;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a file of features begins with, behind the character of a comment.
const MARK: &str = "couplet features ";

/// The windows of a raw signal: what a device needs to compute the same features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// The samples that the features of a window are of.
    pub samples: usize,
    /// The samples before them in which the filters settle; 0 where windows follow each other and
    /// filters run on.
    pub settling: usize,
    /// Samples a second, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f32>,
    /// Of each octave band, the highest first: the gain and the two feedback coefficients.
    pub octaves: Vec<[f32; 3]>,
    /// Single frequencies.
    pub bins: Vec<Bin>,
    /// The columns of the signal; all have the same bands.
    pub channels: Vec<Channel>,
}

/// A single frequency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// In Hz.
    pub hertz: f32,
    /// Goertzel's coefficient.
    pub coefficient: f32,
}

/// A column of the signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// What is subtracted from each sample: the mean of the training signal.
    pub offset: f32,
}

impl Windows {
    /// The most bands.
    pub const MOST_BANDS: usize = MOST_BANDS;

    /// The bands in the order of their features.
    pub fn bands(&self) -> Vec<Band<f32>> {
        let pass = |&[gain, a1, a2]: &[f32; 3]| Band::Pass { gain, feedback: [a1, a2] };
        let bin = |bin: &Bin| Band::Bin { coefficient: bin.coefficient };
        self.octaves.iter().map(pass).chain(self.bins.iter().map(bin)).collect()
    }

    /// The number of features of a channel.
    pub fn features_each(&self) -> usize {
        self.octaves.len() + self.bins.len() + 3
    }

    /// The names of the features, channel by channel.
    pub fn features(&self) -> Vec<String> {
        let octaves = (0..self.octaves.len()).map(|octave| format!("band_{octave}"));
        let bins = self.bins.iter().map(|bin| format!("{}Hz", bin.hertz));
        let statistics = ["deviation", "kurtosis", "crest"].map(String::from);
        let each: Vec<String> = octaves.chain(bins).chain(statistics).collect();
        let of = |channel: &Channel| {
            let named = |feature: &String| format!("{}_{feature}", channel.name);
            each.iter().map(named).collect::<Vec<_>>()
        };
        self.channels.iter().flat_map(of).collect()
    }

    /// The first line of a file of features, without its end.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn to_comment(&self) -> Result<String> {
        Ok(format!("# {MARK}{}", serde_json::to_string(self)?))
    }

    /// The windows that a comment is about; `None` if it is about something else.
    ///
    /// # Errors
    ///
    /// It is about windows, and is not whole.
    pub fn of_comment(comment: &str) -> Result<Option<Self>> {
        let text = comment.trim_start().trim_start_matches(|c: char| c.is_ascii_punctuation());
        let Some(json) = text.trim_start().strip_prefix(MARK) else { return Ok(None) };
        let windows: Windows = serde_json::from_str(json)
            .context("the comment with the constants of the windows is not whole")?;
        windows.validated().map(Some)
    }

    /// The windows whose features a model was trained on, if there are any.
    ///
    /// # Errors
    ///
    /// The note is not one of windows.
    pub fn noted(notes: &Notes) -> Result<Option<Self>> {
        let Some(note) = &notes.window else { return Ok(None) };
        let windows: Windows = serde_json::from_value(note.clone())
            .context("the metadata `window` does not describe windows of a signal")?;
        windows.validated().map(Some)
    }

    /// Notes in a description that its model is trained on features of these windows.
    ///
    /// # Errors
    ///
    /// None that is known of.
    pub fn note(&self, description: &mut Description) -> Result<()> {
        // By way of text, so that the numbers are as short as in the file of features.
        let note: Value = serde_json::from_str(&serde_json::to_string(self)?)?;
        description.notes.window = Some(note);
        Ok(())
    }

    fn validated(self) -> Result<Self> {
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        let offsets: Vec<f32> = self.channels.iter().map(|channel| channel.offset).collect();
        let bins: Vec<f32> =
            self.bins.iter().flat_map(|bin| [bin.hertz, bin.coefficient]).collect();
        ensure!(
            finite(self.octaves.as_flattened()) && finite(&bins) && finite(&offsets),
            "a constant of the windows is not a finite f32"
        );
        let bands = self.octaves.len() + self.bins.len();
        ensure!(
            self.samples > 0 && !self.channels.is_empty() && bands <= MOST_BANDS,
            "windows of {} samples, {bands} bands and {} channels make no features",
            self.samples,
            self.channels.len()
        );
        Ok(self)
    }
}
