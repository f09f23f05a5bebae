//! Driver component: escpos.
