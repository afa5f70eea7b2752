/// z\[i\] = x\[p\[i\]\], log_det = 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permutation {
    /// The name in the model file.
    pub name: String,
    /// p: where each feature comes from.
    pub index: Vec<u16>,
}

impl Permutation {
    /// The name of the permutation before couplet k.
    pub fn name(k: usize) -> String {
        format!("couplets.{k}.permutation")
    }

    /// z\[i\] = x\[p\[i\]\].
    pub fn forward<T: Copy>(&self, x: &[T], z: &mut [T]) {
        for (z, &p) in z.iter_mut().zip(&self.index) {
            *z = x[usize::from(p)];
        }
    }

    /// dx\[p\[i\]\] = dz\[i\]: a derivative goes where its value came from, as the inverse does.
    pub fn backward<T: Copy>(&self, dz: &[T], dx: &mut [T]) {
        self.inverse(dz, dx);
    }

    /// x\[p\[i\]\] = z\[i\].
    pub fn inverse<T: Copy>(&self, z: &[T], x: &mut [T]) {
        for (&z, &p) in z.iter().zip(&self.index) {
            x[usize::from(p)] = z;
        }
    }
}
