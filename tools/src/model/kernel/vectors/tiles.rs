/// Covers `$rows` rows of `$points` numbers with tiles.
///
/// A tile is a number of rows by a number of vectors, whose sums stay in registers: about twelve
/// sums hide the latency of an addition. Each step takes the first listed tile that still fits.
/// Where a row's tail is shorter than a vector, half a vector covers it.
macro_rules! over_tiles {
    ($product:ident, $simd:ident, $rows:expr, $points:expr, [$(($r:literal, $v:literal)),*]) => {
        let (rows, points) = ($rows, $points);
        let mut row = 0;
        while row < rows {
            $(if rows - row >= $r {
                let mut point = 0;
                while points - point >= $v * S::F32_LANES {
                    $product.tile::<S, $r, $v>($simd, row, point);
                    point += $v * S::F32_LANES;
                }
                while points - point >= S::F32_LANES {
                    $product.tile::<S, $r, 1>($simd, row, point);
                    point += S::F32_LANES;
                }
                #[cfg(target_arch = "x86_64")]
                if point < points && let Some(half) = pulp::x86::V3::try_new() {
                    $product.tile::<_, $r, 1>(half, row, point);
                }
                row += $r;
                continue;
            })*
        }
    };
}
