use crate::{Base, Bijection, Flow, Given};
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
        serialize = "L: serde::Serialize, B: serde::Serialize, G: serde::Serialize, \
            [KnownAnswer<D, G::Bits>; N]: serde::Serialize",
        deserialize = "L: serde::Deserialize<'de>, B: serde::Deserialize<'de>, \
            G: serde::Deserialize<'de>, [KnownAnswer<D, G::Bits>; N]: serde::Deserialize<'de>"
    ))
)]
pub struct Model<const D: usize, L, B, const N: usize, G: Given<f32> = ()> {
    /// The density.
    pub flow: Flow<f32, D, L, B, G>,
    /// The answers that [`Model::self_test`] compares with.
    pub known_answers: [KnownAnswer<D, G::Bits>; N],
}

impl<const D: usize, L, B, const N: usize, G: Given<f32>> Model<D, L, B, N, G> {
    /// From a flow and its known answers.
    pub const fn new(
        flow: Flow<f32, D, L, B, G>,
        known_answers: [KnownAnswer<D, G::Bits>; N],
    ) -> Self {
        Model { flow, known_answers }
    }
}

impl<const D: usize, L, B, const N: usize, G> Model<D, L, B, N, G>
where
    L: Bijection<f32, D, G::Values>,
    B: Base<f32>,
    G: Given<f32>,
{
    /// Evaluates the known answers, N log_probs, and compares bits. Run it when the device starts.
    ///
    /// It is no checksum of the weights: a changed weight passes if no answer depends on it.
    ///
    /// # Errors
    ///
    /// The first answer that differs: model, compiler or arithmetic are not those of the exporter.
    pub fn self_test(&self) -> Result<(), SelfTestError> {
        for (index, answer) in self.known_answers.iter().enumerate() {
            let context = G::of_bits(&answer.context);
            let log_prob = self.flow.log_prob_given(&answer.x.map(f32::from_bits), &context);
            let computed = log_prob.to_bits();
            if computed != answer.log_prob {
                return Err(SelfTestError { index, expected: answer.log_prob, computed });
            }
        }
        Ok(())
    }
}

impl<const D: usize, L, B, const N: usize, G: Given<f32>> Deref for Model<D, L, B, N, G> {
    type Target = Flow<f32, D, L, B, G>;

    fn deref(&self) -> &Self::Target {
        &self.flow
    }
}

/// The bits of a reading, of what is given beside it, and of its log-density.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KnownAnswer<const D: usize, G = ()> {
    #[cfg_attr(
        feature = "serde",
        serde(
            serialize_with = "crate::wire::serialize_shaped",
            deserialize_with = "crate::wire::deserialize_shaped"
        )
    )]
    x: SVector<u32, D>,
    log_prob: u32,
    context: G,
}

impl<const D: usize> KnownAnswer<D> {
    /// From the bits of x and of log_prob(x).
    pub const fn new(x: [u32; D], log_prob: u32) -> Self {
        let x = SVector::from_array_storage(ArrayStorage([x]));
        KnownAnswer { x, log_prob, context: () }
    }
}

impl<const D: usize, const C: usize> KnownAnswer<D, SVector<u32, C>> {
    /// From the bits of x, of the context, and of log_prob(x | context).
    pub const fn given(x: [u32; D], context: [u32; C], log_prob: u32) -> Self {
        let x = SVector::from_array_storage(ArrayStorage([x]));
        let context = SVector::from_array_storage(ArrayStorage([context]));
        KnownAnswer { x, log_prob, context }
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
