//! The pages of a station: the operator's, the one about updates, and the wall monitor's. Plain HTML without scripts; every text that comes from
//! data is escaped by the template.

mod operator;
mod updates;
mod view;
mod wall;

pub use operator::operator;
pub use updates::updates;
pub use view::{CheckInView, OperatorView, Person, UpdateItem, UpdatesLink, UpdatesView, WallView};
pub use wall::wall;
