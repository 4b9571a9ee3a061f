package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"kairan/configs"
	"kairan/sanitize"
	"kairan/store"
)

// readRegistry reads a hub's addresses and members from a JSON file.
func readRegistry(file string) (configs.Registry, error) {
	f, err := os.Open(file)
	if err != nil {
		return configs.Registry{}, usageError{fmt.Sprintf("the members cannot be read: %v", err)}
	}
	defer f.Close()
	return parseRegistry(f, file)
}

func parseRegistry(r io.Reader, file string) (configs.Registry, error) {
	registry, err := configs.ParseRegistry(r)
	if err != nil {
		return configs.Registry{}, usageError{fmt.Sprintf("%s cannot be used (kairan help rehearse tells what it holds):\n%v", inLine(file), err)}
	}
	return registry, nil
}

// readIdentities reads whom a file of members names: the JSON of kairan rehearse,
// or the CSV of kairan member import, told apart by how they begin.
func readIdentities(file string) ([]sanitize.Identity, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usageError{fmt.Sprintf("the members cannot be read: %v", err)}
	}
	defer f.Close()
	in := bufio.NewReader(f)
	begin, _ := in.Peek(512) // what fails here fails again below
	var rows []configs.Member
	var all []sanitize.Identity
	if strings.HasPrefix(strings.TrimLeft(string(begin), "\ufeff \t\r\n"), "{") {
		registry, err := parseRegistry(in, file)
		if err != nil {
			return nil, err
		}
		rows, all = registry.Members, hubIdentities(registryConfig(registry))
	} else if rows, err = configs.ParseMembers(in); err != nil {
		return nil, usageError{fmt.Sprintf("%s cannot be used:\n%v", inLine(file), err)}
	}
	for _, m := range members(rows) {
		all = append(all, m.Identities()...)
	}
	return all, nil
}

// registryConfig is the configuration of the hub in a registry: everything else is
// the default.
func registryConfig(r configs.Registry) configs.Config {
	cfg := configs.Default()
	cfg.Hub.Address, cfg.Hub.ReplyTo, cfg.Hub.NoticeFrom = r.Address, r.Address, r.NoticeFrom
	cfg.Hub.MessageIDDomain, cfg.Hub.ListID = hubDomain(r), "notices."+hubDomain(r)
	cfg.Ingest.AuthservID = r.AuthservID
	return cfg
}

// hubDomain is that of the hub's mail.
func hubDomain(r configs.Registry) string {
	_, domain, _ := strings.Cut(r.NoticeFrom, "@")
	return strings.ToLower(domain)
}

// sectors are those of the members, as CEPTOARs that have no other name.
func sectors(r configs.Registry) []store.Ceptoar {
	var all []store.Ceptoar
	place := map[string]int{}
	for _, m := range r.Members {
		i, known := place[m.Ceptoar]
		if !known {
			i = len(all)
			place[m.Ceptoar] = i
			all = append(all, store.Ceptoar{ID: store.CeptoarID(m.Ceptoar), SectorJA: m.Ceptoar, SectorEN: m.Ceptoar, NameJA: m.Ceptoar, NameEN: m.Ceptoar})
		}
		all[i].Organisations++
	}
	return all
}
