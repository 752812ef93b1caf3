package config

import _ "embed"

// Example is a commented configuration file.
//
//go:embed example.yaml
var Example string
