//! The shapes that faces are drawn with.

/// A filled shape. Lengths are pixels, `y` grows downwards.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// the whole picture
    Everywhere,
    /// an ellipse
    Ellipse {
        x: f32,
        y: f32,
        half_width: f32,
        half_height: f32,
    },
    /// an ellipse whose lower half is squared by `jaw`, 0 (none) to 1
    Head {
        x: f32,
        y: f32,
        half_width: f32,
        half_height: f32,
        jaw: f32,
    },
    /// the part of an ellipse above the line `below`
    Cap {
        x: f32,
        y: f32,
        half_width: f32,
        half_height: f32,
        below: f32,
    },
    /// the line of an ellipse, 1.2 pixels thick
    Ring {
        x: f32,
        y: f32,
        half_width: f32,
        half_height: f32,
    },
    /// a curved line: its ends hang `bend` pixels below its middle; `thickness` to each side
    Stroke {
        x: f32,
        y: f32,
        half_width: f32,
        bend: f32,
        thickness: f32,
    },
}

impl Shape {
    /// Whether a place is inside.
    pub(super) fn covers(&self, at_x: f32, at_y: f32) -> bool {
        match *self {
            Shape::Everywhere => true,
            Shape::Ellipse {
                x,
                y,
                half_width,
                half_height,
            } => distance((at_x - x) / half_width, (at_y - y) / half_height) <= 1.0,
            Shape::Head {
                x,
                y,
                half_width,
                half_height,
                jaw,
            } => {
                let (across, along) = ((at_x - x) / half_width, (at_y - y) / half_height);
                let squared = if along > 0.0 {
                    jaw * across * across * along * along
                } else {
                    0.0
                };
                distance(across, along) - squared <= 1.0
            }
            Shape::Cap {
                x,
                y,
                half_width,
                half_height,
                below,
            } => at_y < below && distance((at_x - x) / half_width, (at_y - y) / half_height) <= 1.0,
            Shape::Ring {
                x,
                y,
                half_width,
                half_height,
            } => {
                let (across, along) = (at_x - x, at_y - y);
                distance(across / (half_width + 0.6), along / (half_height + 0.6)) <= 1.0
                    && distance(across / (half_width - 0.6), along / (half_height - 0.6)) > 1.0
            }
            Shape::Stroke {
                x,
                y,
                half_width,
                bend,
                thickness,
            } => {
                let across = (at_x - x) / half_width;
                across.abs() <= 1.0 && (at_y - y - bend * across * across).abs() <= thickness
            }
        }
    }
}

/// The square of the distance from the middle of a unit circle.
fn distance(across: f32, along: f32) -> f32 {
    across * across + along * along
}
