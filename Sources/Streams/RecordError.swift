/// An error about one record: the run reports it, counts it, and goes on with the next.
///
/// The description is one line without the file, the line number or a final full stop; the caller adds where.
package protocol RecordError: Error, CustomStringConvertible {}
