"""What `qalibrate explain` writes, part by part, in the order in which somebody who disputes a grade asks."""
