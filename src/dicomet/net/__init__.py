"""DICOM over the wire: associations and the services on them. PS3.7, PS3.8."""
