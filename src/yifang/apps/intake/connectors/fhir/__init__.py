"""A FHIR R4 server asked by `_lastUpdated`; one that pushes posts to the node's own door, `/fhir`."""
