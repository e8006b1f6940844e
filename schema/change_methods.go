package schema

// Subject implements Change.
func (c CreateTable) Subject() ID { return c.Table.ID }

// Inverse implements Change.
func (c CreateTable) Inverse() Change { return DropTable(c) }

// String implements Change.
func (c CreateTable) String() string { return "create " + c.Table.ID.String() }

func (c CreateTable) change() {}

// Subject implements Change.
func (c DropTable) Subject() ID { return c.Table.ID }

// Inverse implements Change.
func (c DropTable) Inverse() Change { return CreateTable(c) }

// String implements Change.
func (c DropTable) String() string { return "drop " + c.Table.ID.String() }

func (c DropTable) change() {}

// Subject implements Change.
func (c AlterTable) Subject() ID { return c.Before.ID }

// Inverse implements Change.
func (c AlterTable) Inverse() Change { return AlterTable{c.After, c.Before} }

// String implements Change.
func (c AlterTable) String() string { return describeAlter(c.Before, c.After) }

func (c AlterTable) change() {}

// Subject implements Change.
func (c RenameTable) Subject() ID { return c.From }

// Inverse implements Change.
func (c RenameTable) Inverse() Change { return RenameTable{c.To, c.From} }

// String implements Change.
func (c RenameTable) String() string { return describeRename(c.From, c.To) }

func (c RenameTable) change() {}

// Subject implements Change.
func (c RebuildTable) Subject() ID { return c.Before[0].ID }

// Inverse implements Change.
func (c RebuildTable) Inverse() Change { return RebuildTable{c.After, c.Before} }

// String implements Change.
func (c RebuildTable) String() string { return "rebuild " + c.After[0].ID.String() }

func (c RebuildTable) change() {}

// Subject implements Change.
func (c AddColumn) Subject() ID { return c.Column.ID }

// Inverse implements Change.
func (c AddColumn) Inverse() Change { return DropColumn(c) }

// String implements Change.
func (c AddColumn) String() string { return "add " + c.Column.ID.String() }

func (c AddColumn) change() {}

// Subject implements Change.
func (c DropColumn) Subject() ID { return c.Column.ID }

// Inverse implements Change.
func (c DropColumn) Inverse() Change { return AddColumn(c) }

// String implements Change.
func (c DropColumn) String() string { return "drop " + c.Column.ID.String() }

func (c DropColumn) change() {}

// Subject implements Change.
func (c AlterColumn) Subject() ID { return c.Before.ID }

// Inverse implements Change.
func (c AlterColumn) Inverse() Change { return AlterColumn{c.After, c.Before} }

// String implements Change.
func (c AlterColumn) String() string { return describeAlter(c.Before, c.After) }

func (c AlterColumn) change() {}

// Subject implements Change.
func (c RenameColumn) Subject() ID { return c.From }

// Inverse implements Change.
func (c RenameColumn) Inverse() Change { return RenameColumn{c.To, c.From} }

// String implements Change.
func (c RenameColumn) String() string { return describeRename(c.From, c.To) }

func (c RenameColumn) change() {}

// Subject implements Change.
func (c ReorderColumns) Subject() ID { return c.Before.ID }

// Inverse implements Change.
func (c ReorderColumns) Inverse() Change { return ReorderColumns{c.After, c.Before} }

// String implements Change.
func (c ReorderColumns) String() string { return describeAlter(c.Before, c.After) }

func (c ReorderColumns) change() {}

// Subject implements Change.
func (c AddConstraint) Subject() ID { return c.Constraint.ID }

// Inverse implements Change.
func (c AddConstraint) Inverse() Change { return DropConstraint(c) }

// String implements Change.
func (c AddConstraint) String() string { return "add " + c.Constraint.ID.String() }

func (c AddConstraint) change() {}

// Subject implements Change.
func (c DropConstraint) Subject() ID { return c.Constraint.ID }

// Inverse implements Change.
func (c DropConstraint) Inverse() Change { return AddConstraint(c) }

// String implements Change.
func (c DropConstraint) String() string { return "drop " + c.Constraint.ID.String() }

func (c DropConstraint) change() {}

// Subject implements Change.
func (c AlterConstraint) Subject() ID { return c.Before.ID }

// Inverse implements Change.
func (c AlterConstraint) Inverse() Change { return AlterConstraint{c.After, c.Before} }

// String implements Change.
func (c AlterConstraint) String() string { return describeAlter(c.Before, c.After) }

func (c AlterConstraint) change() {}

// Subject implements Change.
func (c RenameConstraint) Subject() ID { return c.From }

// Inverse implements Change.
func (c RenameConstraint) Inverse() Change { return RenameConstraint{c.To, c.From} }

// String implements Change.
func (c RenameConstraint) String() string { return describeRename(c.From, c.To) }

func (c RenameConstraint) change() {}

// Subject implements Change.
func (c AddIndex) Subject() ID { return c.Index.ID }

// Inverse implements Change.
func (c AddIndex) Inverse() Change { return DropIndex(c) }

// String implements Change.
func (c AddIndex) String() string { return "add " + c.Index.ID.String() }

func (c AddIndex) change() {}

// Subject implements Change.
func (c DropIndex) Subject() ID { return c.Index.ID }

// Inverse implements Change.
func (c DropIndex) Inverse() Change { return AddIndex(c) }

// String implements Change.
func (c DropIndex) String() string { return "drop " + c.Index.ID.String() }

func (c DropIndex) change() {}

// Subject implements Change.
func (c AlterIndex) Subject() ID { return c.Before.ID }

// Inverse implements Change.
func (c AlterIndex) Inverse() Change { return AlterIndex{c.After, c.Before} }

// String implements Change.
func (c AlterIndex) String() string { return describeAlter(c.Before, c.After) }

func (c AlterIndex) change() {}

// Subject implements Change.
func (c RenameIndex) Subject() ID { return c.From }

// Inverse implements Change.
func (c RenameIndex) Inverse() Change { return RenameIndex{c.To, c.From} }

// String implements Change.
func (c RenameIndex) String() string { return describeRename(c.From, c.To) }

func (c RenameIndex) change() {}

// Subject implements Change.
func (c CreateObject) Subject() ID { return c.Object.ID }

// Inverse implements Change.
func (c CreateObject) Inverse() Change { return DropObject(c) }

// String implements Change.
func (c CreateObject) String() string { return "create " + c.Object.ID.String() }

func (c CreateObject) change() {}

// Subject implements Change.
func (c DropObject) Subject() ID { return c.Object.ID }

// Inverse implements Change.
func (c DropObject) Inverse() Change { return CreateObject(c) }

// String implements Change.
func (c DropObject) String() string { return "drop " + c.Object.ID.String() }

func (c DropObject) change() {}

// Subject implements Change.
func (c AlterObject) Subject() ID { return c.Before.ID }

// Inverse implements Change.
func (c AlterObject) Inverse() Change { return AlterObject{c.After, c.Before} }

// String implements Change.
func (c AlterObject) String() string { return describeAlter(c.Before, c.After) }

func (c AlterObject) change() {}

// Subject implements Change.
func (c RenameObject) Subject() ID { return c.From }

// Inverse implements Change.
func (c RenameObject) Inverse() Change { return RenameObject{c.To, c.From} }

// String implements Change.
func (c RenameObject) String() string { return describeRename(c.From, c.To) }

func (c RenameObject) change() {}

func describeRename(from, to ID) string {
	name := to.Name
	if from.Schema != to.Schema {
		name = to.Schema + "." + name
	}
	return "rename " + from.String() + " to " + name
}
