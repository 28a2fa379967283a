package main

import "os"

// lockFile does nothing: on Windows, the folders of killed runs stay.
func lockFile(*os.File) error { return nil }

func isMine(string) bool { return false }
