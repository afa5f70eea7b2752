//! Models over the air: a model arrives bit by bit, and what is not this model is an error.

#![cfg(feature = "serde")]

mod common;

use common::{
    ClampedNice1, ClampedRealNvp1, GivenRealNvp1, Nice1, Nice2, Part, RealNvp1, RealNvp2, Spline1,
    random, reweighted,
};
use couplet::nalgebra::SVector;
use couplet::{
    Base, Bijection, Context, Dense, Flow, Heads, KnownAnswer, Marginal, Mixture, Model,
    Permutation, Relu, Scale, Silu, StandardLogistic, StandardNormal, StudentT, Tanh, Triangle,
};
use crc::{CRC_32_ISCSI, Crc};
use serde::{Serialize, de::DeserializeOwned};

type NiceLayers<F> = ([(Permutation<3>, Nice1<f32, F, 2, 1, 4>); 2], Scale<f32, 3>);
type Nice<F = Tanh, B = StandardLogistic> = Model<3, NiceLayers<F>, B, 2>;
type RealNvpLayers = [RealNvp2<f32, Silu, 1, 1, 3, 2>; 2];
type RealNvp = Model<2, RealNvpLayers, StandardNormal, 1>;
type StudentLayers = (Triangle<f32, 3, 3>, [ClampedRealNvp1<f32, Relu, 2, 1, 4>; 1]);
type BentLayers = (Marginal<f32, 3, 12>, [RealNvp1<f32, Relu, 2, 1, 4>; 1]);
type Bent = Model<3, BentLayers, StandardNormal, 1>;
type SplineLayers = [Spline1<f32, Relu, 2, 1, 4, 11, 22, 4>; 1];
type Splines = Model<3, SplineLayers, StandardNormal, 1>;
type Student = Model<3, StudentLayers, StudentT<f32, 3>, 1>;
type Full = Model<3, (), Mixture<f32, 3, 2, 3>, 1>;
type Conditional =
    Model<3, [GivenRealNvp1<f32, Relu, 2, 1, 4, 3, 4>; 1], StandardNormal, 1, Context<f32, 2>>;
type Diagonal = Model<3, (), Mixture<f32, 3, 2, 0>, 1>;

/// Of the bytes or bits that are spoilt, one in so many; Miri would take an hour for all.
const STEP: usize = if cfg!(miri) { 401 } else { 1 };

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A random model that knows its answers.
fn exported<L, B, const D: usize, const N: usize>() -> Model<D, L, B, N>
where
    L: Bijection<f32, D> + Part + Send + 'static,
    B: Base<f32> + Part + Send + 'static,
{
    let flow = *random::<Flow<f32, D, L, B>>(3);
    let known_answers = std::array::from_fn(|i| {
        let x = [i as f32 - 0.5; D];
        KnownAnswer::new(x.map(f32::to_bits), flow.log_prob(&x.into()).to_bits())
    });
    Model::new(flow, known_answers)
}

fn sent(model: &impl Serialize) -> Vec<u8> {
    postcard::to_slice(model, &mut [0; 4096]).unwrap().to_vec()
}

fn sent_with_crc(model: &impl Serialize) -> Vec<u8> {
    postcard::to_slice_crc32(model, &mut [0; 4096], CRC.digest()).unwrap().to_vec()
}

fn received<M: DeserializeOwned>(blob: &[u8]) -> Option<M> {
    postcard::from_bytes(blob).ok()
}

fn received_with_crc<M: DeserializeOwned>(blob: &[u8]) -> Option<M> {
    postcard::from_bytes_crc32(blob, CRC.digest()).ok()
}

/// The blob with the one place that says `from` saying `to`.
fn with<const N: usize>(blob: &[u8], from: [u8; N], to: [u8; N]) -> Vec<u8> {
    let places: Vec<usize> = (0..=blob.len() - N).filter(|&i| blob[i..i + N] == from).collect();
    let &[place] = places.as_slice() else { panic!("{from:?} is at {places:?}") };
    let mut blob = blob.to_vec();
    blob[place..place + N].copy_from_slice(&to);
    blob
}

#[test]
fn a_model_arrives_bit_by_bit() {
    let nice: Nice = exported();
    let arrived: Nice = received(&sent(&nice)).unwrap();
    assert_eq!((arrived, arrived.self_test()), (nice, Ok(())));
    assert_eq!(sent(&arrived), sent(&nice));

    let realnvp: RealNvp = exported();
    let arrived: RealNvp = received_with_crc(&sent_with_crc(&realnvp)).unwrap();
    assert_eq!((arrived, arrived.self_test()), (realnvp, Ok(())));
    assert_eq!(sent(&arrived), sent(&realnvp));

    let full: Full = exported();
    let arrived: Full = received(&sent(&full)).unwrap();
    assert_eq!((arrived, arrived.self_test()), (full, Ok(())));
    assert_eq!(sent(&arrived), sent(&full));

    let student: Student = exported();
    let arrived: Student = received(&sent(&student)).unwrap();
    assert_eq!((arrived, arrived.self_test()), (student, Ok(())));
    assert_eq!(sent(&arrived), sent(&student));

    let bent: Bent = exported();
    let arrived: Bent = received(&sent(&bent)).unwrap();
    assert_eq!((arrived, arrived.self_test()), (bent, Ok(())));
    assert_eq!(sent(&arrived), sent(&bent));
}

#[test]
fn a_conditional_model_arrives_bit_by_bit() {
    let mut flow = *random::<Flow<f32, 3, _, _, Context<f32, 2>>>(3);
    flow.context.bound = Some(3.0);
    let (x, context) = ([0.5, -0.5, 1.0_f32], [0.25, -4.0_f32]);
    let log_prob = flow.log_prob_given(&x.into(), &context.into());
    let bits = context.map(f32::to_bits);
    let answer = KnownAnswer::given(x.map(f32::to_bits), bits, log_prob.to_bits());
    let model: Conditional = Model::new(flow, [answer]);
    let blob = sent(&model);
    let arrived: Conditional = received(&blob).unwrap();
    assert_eq!((arrived, arrived.self_test()), (model, Ok(())));
    assert_eq!(sent(&arrived), blob);

    type OfContext<G> =
        Model<3, [GivenRealNvp1<f32, Relu, 2, 1, 4, 3, 4>; 1], StandardNormal, 1, G>;
    assert!(received::<OfContext<Context<f32, 1>>>(&blob).is_none(), "another number of contexts");
    let mut empty = model;
    empty.flow.context.least[1] = f32::MAX;
    empty.flow.context.most[1] = 1.0;
    assert!(received::<Conditional>(&sent(&empty)).is_none(), "an empty range");
    let bound = [1, 0, 0, 0x40, 0x40]; // Some(3.0)
    for refused in [[1, 0, 0, 0x40, 0xc0], [1, 0, 0, 0xc0, 0x7f], [2, 0, 0, 0x40, 0x40]] {
        assert!(received::<Conditional>(&with(&blob, bound, refused)).is_none(), "{refused:?}");
    }
}

#[test]
fn negative_zero_arrives_as_negative_zero() {
    let mut model: RealNvp = exported();
    let heads = &mut model.flow.layers[0].first.conditioner.heads;
    let [log_scale, mut shift] = heads.layers();
    shift.bias[0] = -0.0;
    *heads = Heads::new([log_scale, shift]);
    let arrived: RealNvp = received(&sent(&model)).unwrap();
    let [_, shift] = arrived.flow.layers[0].first.conditioner.heads.layers();
    assert_eq!(shift.bias[0].to_bits(), 0x8000_0000);
}

#[test]
fn a_model_of_another_shape_is_refused() {
    type Normal<L, const D: usize, const N: usize> = Model<D, L, StandardNormal, N>;
    fn refuses<M: DeserializeOwned>(blob: &[u8]) -> bool {
        received::<M>(blob).is_none()
    }
    let blob = sent(&exported::<RealNvpLayers, StandardNormal, 2, 1>());
    assert!(!refuses::<Normal<RealNvpLayers, 2, 1>>(&blob), "the model itself");

    assert!(refuses::<Normal<[RealNvp2<f32, Silu, 1, 1, 4, 2>; 2], 2, 1>>(&blob), "wider");
    assert!(
        refuses::<Normal<[RealNvp2<f32, Silu, 1, 1, 5, 1>; 2], 2, 1>>(&blob),
        "other widths that make as many bytes"
    );
    assert!(
        refuses::<Normal<[RealNvp2<f32, Silu, 1, 1, 1, 4>; 2], 2, 1>>(&blob),
        "other widths that make as many bytes"
    );
    assert!(refuses::<Normal<[RealNvp1<f32, Silu, 1, 1, 3>; 2], 2, 1>>(&blob), "less deep");
    assert!(refuses::<Normal<[RealNvp2<f32, Silu, 1, 1, 3, 2>; 1], 2, 1>>(&blob), "fewer couplets");
    assert!(refuses::<Normal<[RealNvp2<f32, Silu, 1, 1, 3, 2>; 3], 2, 1>>(&blob), "more couplets");
    assert!(refuses::<Normal<[Nice2<f32, Silu, 1, 1, 3, 2>; 2], 2, 1>>(&blob), "additive");
    assert!(refuses::<Normal<[RealNvp2<f32, Silu, 1, 2, 3, 2>; 2], 3, 1>>(&blob), "more features");
    assert!(refuses::<Normal<(RealNvpLayers, Scale<f32, 2>), 2, 1>>(&blob), "with a scale");
    assert!(
        refuses::<Normal<[(Permutation<2>, RealNvp2<f32, Silu, 1, 1, 3, 2>); 2], 2, 1>>(&blob),
        "with permutations"
    );
    assert!(refuses::<Normal<RealNvpLayers, 2, 2>>(&blob), "more known answers");

    let blob = sent(&exported::<StudentLayers, StudentT<f32, 3>, 3, 1>());
    assert!(!refuses::<Student>(&blob), "the model itself");
    type Plain = [RealNvp1<f32, Relu, 2, 1, 4>; 1];
    type OfT<L> = Model<3, L, StudentT<f32, 3>, 1>;
    assert!(refuses::<OfT<(Triangle<f32, 3, 3>, Plain)>>(&blob), "without clamps");
    assert!(
        refuses::<OfT<StudentLayers>>(&sent(&exported::<
            (Triangle<f32, 3, 3>, Plain),
            StudentT<f32, 3>,
            3,
            1,
        >())),
        "with clamps"
    );
    assert!(refuses::<OfT<[ClampedRealNvp1<f32, Relu, 2, 1, 4>; 1]>>(&blob), "without a triangle");
    type Wider = (Triangle<f32, 4, 6>, [ClampedRealNvp1<f32, Relu, 2, 2, 4>; 1]);
    assert!(refuses::<Model<4, Wider, StudentT<f32, 4>, 1>>(&blob), "more features");
    let additive = sent(&exported::<[ClampedNice1<f32, Relu, 2, 1, 4>; 1], StandardNormal, 3, 1>());
    assert!(
        refuses::<Normal<[Nice1<f32, Relu, 2, 1, 4>; 1], 3, 1>>(&additive),
        "additive, without clamps"
    );

    let blob = sent(&exported::<BentLayers, StandardNormal, 3, 1>());
    assert!(!refuses::<Bent>(&blob), "the model itself");
    type Of<const E: usize> = (Marginal<f32, 3, E>, [RealNvp1<f32, Relu, 2, 1, 4>; 1]);
    assert!(refuses::<Normal<Of<9>, 3, 1>>(&blob), "fewer bins");
    assert!(refuses::<Normal<Of<15>, 3, 1>>(&blob), "more bins");
    assert!(refuses::<Normal<[RealNvp1<f32, Relu, 2, 1, 4>; 1], 3, 1>>(&blob), "no marginal");

    let blob = sent(&exported::<SplineLayers, StandardNormal, 3, 1>());
    assert!(!refuses::<Splines>(&blob), "the model itself");
    type Fewer = [Spline1<f32, Relu, 2, 1, 4, 8, 16, 3>; 1];
    assert!(refuses::<Normal<Fewer, 3, 1>>(&blob), "fewer bins");
    assert!(refuses::<Normal<[RealNvp1<f32, Relu, 2, 1, 4>; 1], 3, 1>>(&blob), "affine");

    let zeros = sent(&Dense::new([[0.0_f32; 6]; 1], [0.0; 6]));
    assert!(!refuses::<Dense<f32, 1, 6>>(&zeros), "the layer itself");
    assert!(
        refuses::<Dense<f32, 2, 4>>(&zeros),
        "another layer of as many bytes, nearly all of them 0"
    );
}

#[test]
fn another_activation_or_base_is_refused() {
    let blob = sent(&exported::<NiceLayers<Tanh>, StandardLogistic, 3, 2>());
    assert!(received::<Nice<Tanh, StandardLogistic>>(&blob).is_some());
    assert!(received::<Nice<Relu, StandardLogistic>>(&blob).is_none());
    assert!(received::<Nice<Silu, StandardLogistic>>(&blob).is_none());
    assert!(received::<Nice<Tanh, StandardNormal>>(&blob).is_none());
    assert!(received::<Nice<Tanh, StudentT<f32, 3>>>(&blob).is_none());

    let blob = sent(&exported::<StudentLayers, StudentT<f32, 3>, 3, 1>());
    assert!(received::<Student>(&blob).is_some());
    assert!(received::<Model<3, StudentLayers, StandardNormal, 1>>(&blob).is_none());
    assert!(received::<Model<3, StudentLayers, StandardLogistic, 1>>(&blob).is_none());
}

#[test]
fn another_tag_before_the_same_bytes_is_refused() {
    fn refuses<P: Serialize + DeserializeOwned>(part: &P, tag: u8) {
        let mut blob = sent(part);
        assert_eq!(blob[0], tag);
        for tag in (0..=u8::MAX).filter(|&other| other != tag) {
            blob[0] = tag;
            assert!(received::<P>(&blob).is_none(), "tag {tag}");
        }
    }
    let Flow { layers: (_, [couplet]), base, .. } =
        exported::<StudentLayers, StudentT<f32, 3>, 3, 1>().flow;
    refuses(&base, 2);
    refuses(&couplet.first.conditioner, 0);
    refuses(&couplet.first.transform, 1);
    let Flow { layers: [couplet], .. } = exported::<SplineLayers, StandardNormal, 3, 1>().flow;
    refuses(&couplet.first.transform, 2);
}

#[test]
fn another_format_is_refused() {
    let mut blob = sent(&exported::<RealNvpLayers, StandardNormal, 2, 1>());
    for format in [0, 1, 3, 127] {
        blob[0] = format;
        assert!(received::<RealNvp>(&blob).is_none(), "format {format}");
    }
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    fn refuses(spoil: impl Fn(&mut Nice, f32)) {
        let model: Nice = exported();
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut model = model;
            spoil(&mut model, value);
            assert!(received::<Nice>(&sent(&model)).is_none());
        }
    }
    refuses(|model, value| model.flow.standardize.mean[1] = value);
    refuses(|model, value| model.flow.standardize.std[2] = value);
    refuses(|model, value| {
        let layer = &mut model.flow.layers.0[0].1.first.conditioner.trunk.layers;
        *layer = reweighted(layer, |weight| weight[(3, 1)] = value);
    });
    refuses(|model, value| {
        let heads = &mut model.flow.layers.0[1].1.second.conditioner.heads;
        let [mut shift] = heads.layers();
        shift.bias[1] = value;
        *heads = Heads::new([shift]);
    });
    refuses(|model, value| model.flow.layers.1.log_scale[2] = value);
}

#[test]
fn a_mixture_is_taken_for_no_other_base() {
    let (full, diagonal): (Full, Diagonal) = (exported(), exported());
    let (full, diagonal) = (sent(&full), sent(&diagonal));
    assert!(received::<Full>(&full).is_some() && received::<Diagonal>(&diagonal).is_some());
    assert!(received::<Diagonal>(&full).is_none() && received::<Full>(&diagonal).is_none());
    assert!(received::<Model<3, (), Mixture<f32, 3, 3, 3>, 1>>(&full).is_none(), "more components");
    assert!(received::<Model<3, (), StudentT<f32, 3>, 1>>(&full).is_none());
    assert!(received::<Model<3, (), StandardNormal, 1>>(&diagonal).is_none());
}

#[test]
fn numbers_that_no_mixture_has_are_refused() {
    fn refuses(values: &[f32], spoil: impl Fn(&mut Full, f32)) {
        let model: Full = exported();
        for &value in values.iter().chain(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]) {
            let mut model = model;
            spoil(&mut model, value);
            assert!(received::<Full>(&sent(&model)).is_none(), "{value}");
        }
    }
    refuses(&[0.0, -0.0, -1.0], |model, value| model.flow.base.scale[(1, 1)] = value);
    refuses(&[], |model, value| model.flow.base.mean[(2, 1)] = value);
    refuses(&[], |model, value| {
        let Mixture { upto, log_norm, mean, scale, .. } = model.flow.base;
        let mut factor = model.flow.base.factor();
        factor[(0, 1)] = value;
        model.flow.base =
            Mixture::new(upto.into(), log_norm.into(), mean.into(), scale.into(), factor.into());
    });
    refuses(&[], |model, value| model.flow.base.log_norm[1] = value);
    refuses(&[], |model, value| model.flow.base.upto[0] = value);
}

#[test]
fn numbers_that_no_triangle_clamp_or_student_base_has_are_refused() {
    fn refuses(values: &[f32], spoil: impl Fn(&mut Student, f32)) {
        let model: Student = exported();
        for &value in values.iter().chain(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]) {
            let mut model = model;
            spoil(&mut model, value);
            assert!(received::<Student>(&sent(&model)).is_none(), "{value}");
        }
    }
    const NOT_POSITIVE: [f32; 3] = [0.0, -0.0, -1.0];
    refuses(&NOT_POSITIVE, |model, value| model.flow.layers.0.diagonal[1] = value);
    refuses(&[], |model, value| {
        let triangle = &mut model.flow.layers.0;
        let mut weight = triangle.weight();
        weight[2] = value;
        *triangle = Triangle::new(triangle.diagonal.into(), weight.into(), triangle.log_det);
    });
    refuses(&[], |model, value| model.flow.layers.0.log_det = value);
    refuses(&NOT_POSITIVE, |model, value| {
        model.flow.layers.1[0].second.conditioner.bound = value;
    });
    refuses(&[0.0, 0.999, -3.0], |model, value| model.flow.base.freedom[2] = value);
    refuses(&[], |model, value| model.flow.base.normalizer = value);
}

#[test]
fn numbers_that_no_spline_coupling_has_are_refused() {
    fn refuses(values: &[f32], spoil: impl Fn(&mut Splines, f32)) {
        let model: Splines = exported();
        assert!(received::<Splines>(&sent(&model)).is_some());
        for &value in values.iter().chain(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]) {
            let mut model = model;
            spoil(&mut model, value);
            assert!(received::<Splines>(&sent(&model)).is_none(), "{value}");
        }
    }
    refuses(&[0.0, -4.0], |model, value| model.flow.layers[0].first.transform.bound = value);
    refuses(&[0.0, 1.0, -0.5, 2.0], |model, value| {
        model.flow.layers[0].second.transform.c = value;
    });
}

#[test]
fn knots_that_make_no_monotone_spline_are_refused() {
    fn refuses(spoil: impl Fn(&mut [[f32; 3]], f32)) {
        let model: Bent = exported();
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e9, -1e9] {
            let mut model = model;
            spoil(model.flow.layers.0.knots.data.0[1].as_chunks_mut().0, value);
            assert!(received::<Bent>(&sent(&model)).is_none(), "{value}");
        }
    }
    refuses(|knots, value| knots[1][0] = value);
    refuses(|knots, value| knots[2][1] = value);
    refuses(|knots, value| knots[2][2] = -value.abs());
    refuses(|knots, _| knots[0][2] = 0.0);
    refuses(|knots, _| knots[2][0] = knots[1][0]);
    refuses(|knots, _| knots[2][1] = knots[1][1]);
    refuses(|knots, _| knots[0][0] -= 0.5);
    refuses(|knots, _| knots[3][1] += 0.5);
}

#[test]
fn a_standard_deviation_that_is_not_positive_is_refused() {
    let model: RealNvp = exported();
    for std in [0.0, -0.0, -1.0] {
        let mut model = model;
        model.flow.standardize.std[1] = std;
        assert!(received::<RealNvp>(&sent(&model)).is_none(), "standard deviation {std}");
    }
}

#[test]
fn a_bound_below_one_is_refused() {
    let model: RealNvp = exported();
    for bound in [0.5, 0.0, -0.0, -2.0, f32::NAN, f32::INFINITY] {
        let mut model = model;
        model.flow.layers[1].second.transform.bound = bound;
        assert!(received::<RealNvp>(&sent(&model)).is_none(), "bound {bound}");
    }
}

#[test]
fn a_permutation_that_repeats_or_lacks_a_feature_is_refused() {
    let blob = sent(&(Permutation::new([2, 0, 1]).unwrap(), 0xff_u8));
    let back = |blob: &[u8]| {
        received::<(Permutation<3>, u8)>(blob).map(|(permutation, _)| *permutation.index())
    };
    assert_eq!(back(&blob), Some([2, 0, 1]));
    assert_eq!(back(&with(&blob, [2, 0, 1], [1, 0, 2])), Some([1, 0, 2]));
    for index in [[2, 0, 2], [0, 0, 0], [3, 0, 1], [127, 0, 1]] {
        assert_eq!(back(&with(&blob, [2, 0, 1], index)), None, "{index:?}");
    }
}

#[test]
fn a_blob_that_ends_early_is_refused() {
    let (nice, realnvp): (Nice, RealNvp) = (exported(), exported());
    let (plain, checked) = (sent(&nice), sent_with_crc(&realnvp));
    assert!(
        (0..plain.len()).step_by(STEP).all(|length| received::<Nice>(&plain[..length]).is_none())
    );
    assert!(
        (0..checked.len())
            .step_by(STEP)
            .all(|length| received_with_crc::<RealNvp>(&checked[..length]).is_none())
    );
}

#[test]
fn with_a_crc_a_single_flipped_bit_is_refused() {
    let mut blob = sent_with_crc(&exported::<RealNvpLayers, StandardNormal, 2, 1>());
    for bit in (0..8 * blob.len()).step_by(STEP) {
        blob[bit / 8] ^= 1 << (bit % 8);
        assert!(received_with_crc::<RealNvp>(&blob).is_none(), "bit {bit}");
        blob[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(received_with_crc::<RealNvp>(&blob).is_some());
}

/// Without a checksum a blob with a spoilt byte may still be a model, but one that keeps the
/// crate's promises.
#[test]
fn without_a_crc_a_spoilt_byte_does_not_panic() {
    let mut blob = sent(&exported::<NiceLayers<Tanh>, StandardLogistic, 3, 2>());
    let (mut models, mut blobs) = (0, 0);
    for place in (0..blob.len()).step_by(STEP) {
        let byte = blob[place];
        for spoilt in [0x00, 0x01, 0x7f, 0x80, 0xff, byte ^ 0x55, byte.wrapping_add(1)] {
            blob[place] = spoilt;
            blobs += 1;
            if let Some(model) = received::<Nice>(&blob) {
                models += 1;
                assert!(!model.log_prob(&SVector::from([0.5, -1.0, 2.0])).is_nan());
                let _ = model.self_test();
            }
        }
        blob[place] = byte;
    }
    assert!(models > 0 && models < blobs);
}
