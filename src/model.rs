use crate::{Base, Bijection, Flow};
use core::{error::Error, fmt, ops::Deref};
use nalgebra::{ArrayStorage, SVector};

/// A flow in f32 with N known answers, as `couplet export` writes it: `pub static MODEL:
/// Model<...>`.
///
/// It dereferences to its [`Flow`], so it has all of its methods, and [`Model::self_test`].
///
/// With the feature `serde` a device can receive a model over the air. The blob holds shapes,
/// activations, transforms and base: a blob of another model is an error, and so are non-finite
/// weights. Let the transport carry a checksum against corruption, and run the self-test on what
/// arrives:
///
/// ```
/// # #[cfg(feature = "serde")] {
/// # use couplet::{Flow, KnownAnswer, Model, Scale, StandardNormal, Standardize};
/// # type MyModel = Model<2, Scale<f32, 2>, StandardNormal, 1>;
/// # let standardize = Standardize::new([0.0; 2], [1.0; 2]);
/// # let flow = Flow::new(standardize, Scale::new([0.0; 2]), StandardNormal);
/// # let log_prob = flow.log_prob(&[0.0_f32, 0.0].into());
/// # let answer = KnownAnswer::new([0.0_f32.to_bits(); 2], log_prob.to_bits());
/// # let model: MyModel = Model::new(flow, [answer]);
/// const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);
///
/// // on the desktop
/// let mut buffer = [0; 256];
/// let blob = postcard::to_slice_crc32(&model, &mut buffer, CRC.digest()).unwrap();
///
/// // on the device
/// let received: MyModel = postcard::from_bytes_crc32(blob, CRC.digest()).unwrap();
/// assert_eq!(received.self_test(), Ok(()));
///
/// // a blob with a flipped bit
/// blob[20] ^= 1;
/// assert!(postcard::from_bytes_crc32::<MyModel>(blob, CRC.digest()).is_err());
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(
        serialize = "L: serde::Serialize, B: serde::Serialize, \
            [KnownAnswer<D>; N]: serde::Serialize",
        deserialize = "L: serde::Deserialize<'de>, B: serde::Deserialize<'de>, \
            [KnownAnswer<D>; N]: serde::Deserialize<'de>"
    ))
)]
pub struct Model<const D: usize, L, B, const N: usize> {
    /// The density.
    pub flow: Flow<f32, D, L, B>,
    /// The answers that [`Model::self_test`] compares with.
    pub known_answers: [KnownAnswer<D>; N],
}

impl<const D: usize, L, B, const N: usize> Model<D, L, B, N> {
    /// From a flow and its known answers.
    pub const fn new(flow: Flow<f32, D, L, B>, known_answers: [KnownAnswer<D>; N]) -> Self {
        Model { flow, known_answers }
    }
}

impl<const D: usize, L: Bijection<f32, D>, B: Base<f32>, const N: usize> Model<D, L, B, N> {
    /// Evaluates the known answers, N log_probs, and compares bits. Run it when the device starts.
    ///
    /// It is no checksum of the weights: a changed weight passes if no answer depends on it.
    ///
    /// # Errors
    ///
    /// The first answer that differs: model, compiler or arithmetic are not those of the exporter.
    pub fn self_test(&self) -> Result<(), SelfTestError> {
        for (index, answer) in self.known_answers.iter().enumerate() {
            let computed = self.flow.log_prob(&answer.x.map(f32::from_bits)).to_bits();
            if computed != answer.log_prob {
                return Err(SelfTestError { index, expected: answer.log_prob, computed });
            }
        }
        Ok(())
    }
}

impl<const D: usize, L, B, const N: usize> Deref for Model<D, L, B, N> {
    type Target = Flow<f32, D, L, B>;

    fn deref(&self) -> &Self::Target {
        &self.flow
    }
}

/// The bits of a reading and of its log-density.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KnownAnswer<const D: usize> {
    #[cfg_attr(
        feature = "serde",
        serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )
    )]
    x: SVector<u32, D>,
    log_prob: u32,
}

impl<const D: usize> KnownAnswer<D> {
    /// From the bits of x and of log_prob(x).
    pub const fn new(x: [u32; D], log_prob: u32) -> Self {
        KnownAnswer { x: SVector::from_array_storage(ArrayStorage([x])), log_prob }
    }
}

/// A known answer that differs on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTestError {
    /// The index of the known answer.
    pub index: usize,
    /// The bits of log_prob that the exporter computed.
    pub expected: u32,
    /// The bits of log_prob computed here.
    pub computed: u32,
}

impl fmt::Display for SelfTestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SelfTestError { index, expected, computed } = self;
        write!(f, "known answer {index}: log_prob has bits {computed:08x}, expected {expected:08x}")
    }
}

impl Error for SelfTestError {}
