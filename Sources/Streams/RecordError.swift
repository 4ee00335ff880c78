/// An error about one record: the run reports it and goes on with the next record.
package protocol RecordError: Error, CustomStringConvertible {}
