//! For processors whose registers hold single numbers.

use super::{Layer, Rows, at_least, blocks, outer};
use crate::{Real, rolled::keep_rolled};

/// y = max(W x + b, floor).
#[inline(always)]
pub(super) fn affine<T: Real>(layer: &Layer<'_, T>, y: &mut [T]) {
    let eights = |rows: &mut Rows<'_, T>| {
        if let Some(&[u0, u1, u2, u3, u4, u5, u6, u7, v0, v1, v2, v3, v4, v5, v6, v7]) =
            rows.weight.first_chunk()
        {
            eight(u0, u1, u2, u3, u4, u5, u6, u7, v0, v1, v2, v3, v4, v5, v6, v7, rows);
        }
    };
    blocks(layer, y, outer, eights);
}

/// Blocks of eight rows, written out, since at opt-level s and z a loop over them would stay a
/// loop.
///
/// The weights u and v of a pair of columns are loaded behind the pair before. Those of the first
/// pair come as arguments: so they lie in neighbouring registers, the compiler gives the others the
/// same places, and loads sixteen with one instruction, unless it may mix them with the loads of x.
///
/// Products p outlive the loop. Where nothing else used a product, the compiler would, at opt-level
/// z, multiply and add with one instruction, which takes a cycle more than two; there are registers
/// for six.
macro_rules! eight {
    ($($y:ident $u:ident $v:ident),*; $($y_of_p:ident $v_of_p:ident $p:ident),*; $($y_of_v:ident $v_alone:ident),*) => {
        #[inline(never)]
        #[expect(clippy::too_many_arguments, reason = "arguments are what lies in registers")]
        fn eight<T: Real>($(mut $u: T,)* $(mut $v: T,)* rows: &mut Rows<'_, T>) {
            let Rows { weight, x, bias, floor, .. } = *rows;
            let (Some((first, x)), Some((_, mut weight))) = (x.split_first(), weight.as_chunks().0.as_chunks().0.split_first()) else { return };
            let (bias, _) = bias.as_chunks();
            let [$(mut $p),*] = [floor; 6]; // any numbers
            for (n, y) in rows.y.as_chunks_mut().0.iter_mut().enumerate() {
                let [$(mut $y),*] = *bias.get(n).unwrap_or(y);
                let (Some(block), Some(behind)) = (weight.get(..x.len()), weight.get(x.len()..)) else { return };
                let [mut x0, mut x1] = *first;
                for (pair, x) in block.iter().zip(x) {
                    $($u *= x0;)*
                    $($y += $u;)*
                    $($p = $v_of_p * x1;)*
                    $($v_alone *= x1;)*
                    $($y_of_p += $p;)*
                    $($y_of_v += $v_alone;)*
                    [x0, x1] = *x;
                    keep_rolled();
                    [[$($u),*], [$($v),*]] = *pair;
                    keep_rolled();
                }
                $($u *= x0;)*
                $($y += $u;)*
                $($v *= x1;)*
                $($y += $v;)*
                if let Some((pair, behind)) = behind.split_first() {
                    [[$($u),*], [$($v),*]] = *pair;
                    weight = behind;
                } else {
                    [$($v_of_p),*] = [$($p),*]; // no block follows
                }
                *y = [$(at_least(floor, $y)),*];
            }
        }
    };
}
eight!(
    y0 u0 v0, y1 u1 v1, y2 u2 v2, y3 u3 v3, y4 u4 v4, y5 u5 v5, y6 u6 v6, y7 u7 v7;
    y0 v0 p0, y1 v1 p1, y2 v2 p2, y3 v3 p3, y4 v4 p4, y5 v5 p5;
    y6 v6, y7 v7
);
