"""Apps and devices that speak a protocol of their own: one class a protocol, frames in, reports out."""
