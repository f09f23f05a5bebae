//! Minutiae from an image, a comparison score, a gallery.
