package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"rotunda/internal/audit"
)

func verify(ctx context.Context, o options, stdout io.Writer) (int, error) {
	heads, err := readHeads(o.logs)
	if err != nil {
		return failed, err
	}
	report, err := audit.Verify(ctx, o.source, audit.Options{Since: o.since, Heads: heads})
	if err != nil {
		return failed, err
	}
	for _, problem := range report.Problems {
		fmt.Fprintln(stdout, "problem:", problem)
	}
	for _, note := range report.Notes {
		fmt.Fprintln(stdout, "note:", note)
	}
	for _, head := range report.Heads {
		fmt.Fprintf(stdout, "head: %s record %d %s\n", head.File, head.Record, head.Hash)
	}
	fmt.Fprintf(stdout, "records: %d, files: %d, instances: %d, heads in logs: %d, problems: %d\n",
		report.Records, report.Files, report.Instances, len(heads), len(report.Problems))
	if report.Problems != nil {
		return tampered, nil
	}
	return good, nil
}

func readHeads(logs []string) ([]audit.Head, error) {
	var all []audit.Head
	for _, name := range logs {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		heads, err := audit.ReadHeads(file)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, heads...)
	}
	if len(logs) > 0 && len(all) == 0 {
		return nil, errors.New("there is no head of the audit in the logs: they must be the app's, line by line as it wrote them, with LOG_LEVEL at info")
	}
	return all, nil
}

func lastRead(ctx context.Context, o options, stdout io.Writer) (int, error) {
	reads, err := audit.LastReads(ctx, o.source, o.since)
	if err != nil {
		return failed, err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SECRET\tVERSION\tCALLER\tLAST READ\tREADS")
	for _, read := range reads {
		if o.secret != "" && !strings.EqualFold(read.Secret, o.secret) || o.caller != "" && read.Caller != o.caller {
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\n", read.Secret, read.Version, read.Caller, read.Last.Format(time.RFC3339), read.Count)
	}
	return good, table.Flush()
}
