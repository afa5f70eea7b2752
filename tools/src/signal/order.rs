/// What a row of a file of a raw signal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A sample of each column.
    Samples,
    /// A window of one column, which does not go on from the row before.
    Windows,
    /// Samples of one column, which go on from the row before.
    Running,
}
