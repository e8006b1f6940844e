package sqltext

import "fmt"

// Mode is one of the three lexical modes.
type Mode uint8

// The lexical modes. MySQL also reads MariaDB, see [Options].
const (
	Postgres Mode = iota + 1
	MySQL
	SQLite
)

// String returns the mode's name in lower case.
func (m Mode) String() string {
	switch m {
	case Postgres:
		return "postgres"
	case MySQL:
		return "mysql"
	case SQLite:
		return "sqlite"
	}
	return fmt.Sprintf("mode(%d)", uint8(m))
}

// Options tunes a mode to a server. With only Mode set the text is read as
// that server reads it in its default configuration.
type Options struct {
	// Mode is the lexical mode. Required: the zero Mode reads as SQLite would.
	Mode Mode
	// MariaDB makes /*M! … */ executable text and leaves out /*!50700 … */ to
	// /*!99999 … */, as MariaDB does. MySQL mode only. Default false.
	MariaDB bool
	// Version is the server's version as MySQL writes it in executable
	// comments (90700, 101118). A comment for a later version is then a plain
	// comment. MySQL mode only. Default 0: every version is executed.
	Version int
	// AnsiQuotes makes "…" an identifier, as sql_mode ANSI_QUOTES does. A SET
	// sql_mode in the script changes it from there on. MySQL mode only.
	// Default false.
	AnsiQuotes bool
	// NoBackslashEscapes makes a backslash in a string an ordinary character,
	// as sql_mode NO_BACKSLASH_ESCAPES does. A SET sql_mode in the script
	// changes it from there on. MySQL mode only. Default false.
	NoBackslashEscapes bool
	// StandardConformingStringsOff makes a backslash in a plain '…' string an
	// escape. A SET standard_conforming_strings in the script changes it from
	// there on. Postgres mode only. Default false.
	StandardConformingStringsOff bool
}

// Kind tells what a token is.
type Kind uint8

// The kinds of tokens.
const (
	Space        Kind = iota + 1 // white space, and a byte order mark at the start of the text
	LineComment                  // from -- or # to the end of the line, without the line break
	BlockComment                 // /* … */, and an executable comment that this server does not execute
	Hint                         // /*+ … */, in Postgres and MySQL mode
	ExecOpen                     // the opening of an executable comment: /*! or /*!50003 or /*M!
	ExecClose                    // the closing */ of an executable comment
	Ident                        // an unquoted word: keyword or identifier
	QuotedIdent                  // "…", `…` or […]
	String                       // a string constant with its prefix, or a dollar-quoted one
	Number                       // a numeric constant
	Param                        // $1, ?, :name, @name, @@name
	Operator                     // an operator or any other punctuation
	Semicolon                    // ;
	Delimiter                    // a delimiter that a DELIMITER command has set
	MetaCommand                  // a command to the client: DELIMITER //, \restrict, and the \. that ends COPY data
	CopyData                     // the rows after COPY … FROM stdin
)

// Token is one lexical unit: the bytes text[Start:End].
type Token struct {
	Kind       Kind
	Start, End int
}

// PieceKind tells what a piece of a script is.
type PieceKind uint8

// The kinds of pieces.
const (
	// Executable is a statement to send to the server.
	Executable PieceKind = iota + 1
	// Client is a command to the native client that needs no execution:
	// DELIMITER, \restrict, \unrestrict. Text is the command.
	Client
	// Empty is a delimiter with no statement before it. Text is empty.
	Empty
	// Trailing is what follows the last delimiter when that is only space
	// and comments. It stands in Lead; Text is empty.
	Trailing
)

// Statement is one piece of a script. Lead+Text+Tail+Data+DataEnd of all
// pieces, in order, is the script byte for byte.
//
// All texts are as they stand in the script, line ends too. The shells of
// MySQL, MariaDB and SQLite make CR LF in strings and bodies an LF; who wants
// that must fold the script before.
type Statement struct {
	// Kind is Executable for everything that Statements and Split return.
	Kind PieceKind
	// Lead is what stands between the piece before and Text: space and
	// comments, for the first piece also the byte order mark. In the results
	// of Statements and Split the piece before is the statement before, so
	// that Lead may also hold client commands and stray semicolons.
	Lead string
	// Text is the statement from its first token to its last, without the
	// delimiter. Executable comments belong to it; so do hints, unless they
	// stand apart before it.
	Text string
	// Tail is what follows Text up to and including the delimiter; for COPY
	// … FROM stdin up to and including the line break before the data; for a
	// last statement without a delimiter the rest of the script.
	Tail string
	// Data is the data lines that follow COPY … FROM stdin, as they stand.
	// Empty for other statements, and for COPY without rows.
	Data string
	// DataEnd is the line \. that ends Data. Empty when the script ended first.
	DataEnd string
	// Pos is the position of Text[0]; where Text is empty, of its place.
	Pos Pos
	// DataPos is the position of Data[0]. The zero Pos unless CopyIn.
	DataPos Pos
	// CopyIn tells that the statement is COPY … FROM stdin, so that Data must
	// be sent after it.
	CopyIn bool
	// Options are the options in force at this statement: those handed in,
	// as changed by the SET statements before it.
	Options Options
}

// SyntaxError is a script that cannot be divided into statements.
type SyntaxError struct {
	// Pos is where the construct began that is not closed or not understood.
	Pos Pos
	// Msg is the reason, in lower case and without a position.
	Msg string
	// Hint is what to write instead. Empty when there is nothing to say.
	Hint string
}

// Error returns line, column and reason.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Pos.Line, e.Pos.Column, e.Msg)
}
