package main

import "rotunda/internal/standin/arm"

// addResources adds a resource of each service that has keys.
func (d *desk) addResources() error {
	d.resources = arm.Examples()
	for _, id := range d.resources {
		if err := d.azure.AddResource(id); err != nil {
			return err
		}
	}
	return nil
}
