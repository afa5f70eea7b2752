//! The kernel for processors whose floating-point registers hold single numbers.

use super::{
    Element, Layer,
    blocks::{Tile, at_least, outer, walk},
    codegen::keep_rolled,
};

/// y = max(W x + b, floor).
#[inline(always)]
pub(super) fn dense<T: Element>(layer: &Layer<'_, T>, y: &mut [T]) {
    let eights = |tile: &mut Tile<'_, T>| {
        if let Some(&[u0, u1, u2, u3, u4, u5, u6, u7, v0, v1, v2, v3, v4, v5, v6, v7]) =
            tile.weight.first_chunk()
        {
            eight(u0, u1, u2, u3, u4, u5, u6, u7, v0, v1, v2, v3, v4, v5, v6, v7, tile);
        }
    };
    walk(layer, y, outer, eights);
}

/// Blocks of eight rows, spelt out, since a loop over them would stay a loop at opt-level s and z.
///
/// Weights u and v of the next pair of columns are loaded at the end of each iteration. Those of
/// the first pair arrive as sixteen arguments (one VLDM): that pins them to s0 to s15, the
/// allocator keeps those registers for all pairs, and emits one VLDM, unless it may mix the loads
/// of weights with those of x, which `keep_rolled` on either side prevents.
///
/// Six products p stay live after the loop (no VMLA): where nothing else used a product, the
/// compiler would join it and its sum at opt-level z. Six is all that the register file allows.
macro_rules! eight {
    (
        $($y:ident $u:ident $v:ident),*;
        $($y_of_p:ident $v_of_p:ident $p:ident),*;
        $($y_of_v:ident $v_alone:ident),*
    ) => {
        #[inline(never)] // one copy
        #[expect(clippy::too_many_arguments, reason = "one VLDM")]
        fn eight<T: Element>($(mut $u: T,)* $(mut $v: T,)* tile: &mut Tile<'_, T>) {
            let Tile { weight, x, bias, floor, .. } = *tile;
            let (Some((first, x)), Some((_, mut weight))) =
                (x.split_first(), weight.as_chunks().0.as_chunks().0.split_first())
            else {
                return;
            };
            let (bias, _) = bias.as_chunks();
            let [$(mut $p),*] = [floor; 6]; // any numbers
            for (n, y) in tile.y.as_chunks_mut().0.iter_mut().enumerate() {
                let [$(mut $y),*] = *bias.get(n).unwrap_or(y);
                let (Some(block), Some(tail)) = (weight.get(..x.len()), weight.get(x.len()..))
                else {
                    return;
                };
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
                if let Some((pair, tail)) = tail.split_first() {
                    [[$($u),*], [$($v),*]] = *pair;
                    weight = tail;
                } else {
                    [$($v_of_p),*] = [$($p),*]; // no block follows: the products' last use
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
