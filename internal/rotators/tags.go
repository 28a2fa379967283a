package rotators

// tagClass chooses among the classes that a rotator can do.
const tagClass = "RotationClass"
