package ui

// Version is what --version prints first. Tools parse the word systemd and the number: it says whose interface this is.
const Version = "systemd 252 (steward)"
