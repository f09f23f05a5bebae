//! What a plugin file is: a component with a manifest in a custom section.
