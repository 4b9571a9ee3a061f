// Package configs holds what an operator may change: the settings with their
// defaults and meaning, the roster of CEPTOARs, example lists of members and
// contacts, the notice templates and the systemd unit. The files are built into
// the program.
package configs

import "embed"

// Files are the files of this folder: kairan.toml, ceptoars.csv, members.csv,
// contacts.csv, kairan.service and templates/*.txt.
//
//go:embed kairan.toml ceptoars.csv members.csv contacts.csv kairan.service templates/*.txt
var Files embed.FS
