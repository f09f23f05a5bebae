//! The pages of a station: the operator's, and the wall monitor's. Plain HTML without scripts; every text that comes from
//! data is escaped by the template.

mod operator;
mod view;
mod wall;

pub use operator::operator;
pub use view::{CheckInView, OperatorView, Person, WallView};
pub use wall::wall;
