package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"holdfast/domain/exposure"
)

// exposureModel is the model by itself, without an organisation.
func exposureModel() noun {
	return noun{"exposure", "who can reconstitute what, of a graph of your own", []verb{
		{name: "eval", summary: "answer a graph in a JSON file, or - for standard input; needs no server", args: []string{"FILE"}, alone: true, run: runExposureEval},
	}}
}

// runExposureEval ends with 0 whatever the verdict, with 1 if FILE cannot be
// read and with 2 if it is no graph.
func runExposureEval(_ context.Context, c console, _ hostFlags, args []string) error {
	text, err := readGraph(c, args[0])
	if err != nil {
		return err
	}
	f, err := exposure.Parse(text)
	if err != nil {
		fmt.Fprintf(c.err, "holdfast exposure eval: %s: %v\n", args[0], err)
		return errUsage
	}
	r, err := f.Evaluate()
	if err != nil {
		return err
	}
	return printJSON(c, r)
}

func readGraph(c console, name string) ([]byte, error) {
	in := c.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	return io.ReadAll(io.LimitReader(in, exposure.FileBytes+1))
}
