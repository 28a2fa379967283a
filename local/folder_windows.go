package main

import "os"

// lockFolder does nothing: on Windows, the folder of a killed run stays.
func lockFolder(string) (*os.File, error) { return nil, nil }

func removeLeftovers(string) {}
