package mysql

import (
	"fmt"
	"slices"
	"strings"
)

// checkCatalog reports what is new in the catalog: columns of the tables that
// describe schemas.
func (s *inspection) checkCatalog() error {
	return s.compareCatalog(knownColumns(catalogColumns(s.srv.Flavor)))
}

func (s *inspection) compareCatalog(known map[string]map[string]bool) error {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, stringLiteral(strings.ToUpper(name)))
	}
	slices.Sort(names)
	list, err := s.rows("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'information_schema' AND table_name IN (" +
		strings.Join(names, ", ") + ")")
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	for _, r := range list {
		table, column := strings.ToLower(r[0]), strings.ToLower(r[1])
		if !known[table][column] {
			s.doNotKnow("catalog column", "information_schema."+table+"."+column)
		}
	}
	return nil
}

// knownColumns reads "table: column column …".
func knownColumns(text string) map[string]map[string]bool {
	known := map[string]map[string]bool{}
	table := ""
	for _, word := range strings.Fields(text) {
		if name, ok := strings.CutSuffix(word, ":"); ok {
			table = name
			known[table] = map[string]bool{}
			continue
		}
		known[table][word] = true
	}
	return known
}

// catalogColumns are the columns of the catalog's tables that describe what a
// schema is made of, in all versions from MySQL 8.0 to 9.7 and MariaDB 10.6 to
// 11.8. What a newer server has beside them may be an attribute that is not
// known here.
func catalogColumns(flavor string) string {
	if flavor == flavorMariaDB {
		return mariaDBColumns
	}
	return mySQLColumns
}

// mySQLColumns are one table a paragraph. Read from MySQL 9.7.
const mySQLColumns = `
schemata: catalog_name default_character_set_name default_collation_name default_encryption schema_name sql_path
schemata_extensions: catalog_name options schema_name
tables: auto_increment avg_row_length check_time checksum create_options create_time data_free data_length engine index_length
  max_data_length row_format table_catalog table_collation table_comment table_name table_rows table_schema table_type update_time
  version
tables_extensions: engine_attribute secondary_engine_attribute table_catalog table_name table_schema
columns: character_maximum_length character_octet_length character_set_name collation_name column_comment column_default
  column_key column_name column_type data_type datetime_precision extra generation_expression is_nullable numeric_precision
  numeric_scale ordinal_position privileges srs_id table_catalog table_name table_schema
columns_extensions: column_name engine_attribute secondary_engine_attribute table_catalog table_name table_schema
statistics: cardinality collation column_name comment expression index_comment index_name index_schema index_type is_visible
  non_unique nullable packed seq_in_index sub_part table_catalog table_name table_schema
table_constraints: constraint_catalog constraint_name constraint_schema constraint_type enforced table_name table_schema
table_constraints_extensions: constraint_catalog constraint_name constraint_schema engine_attribute secondary_engine_attribute
  table_name
referential_constraints: constraint_catalog constraint_name constraint_schema delete_rule match_option referenced_table_name
  table_name unique_constraint_catalog unique_constraint_name unique_constraint_schema update_rule
check_constraints: check_clause constraint_catalog constraint_name constraint_schema
key_column_usage: column_name constraint_catalog constraint_name constraint_schema ordinal_position position_in_unique_constraint
  referenced_column_name referenced_table_name referenced_table_schema table_catalog table_name table_schema
partitions: avg_row_length check_time checksum create_time data_free data_length index_length max_data_length nodegroup
  partition_comment partition_description partition_expression partition_method partition_name partition_ordinal_position
  secondary_load subpartition_expression subpartition_method subpartition_name subpartition_ordinal_position table_catalog
  table_name table_rows table_schema tablespace_name update_time
views: character_set_client check_option collation_connection definer is_updatable security_type table_catalog table_name
  table_schema view_definition
routines: character_maximum_length character_octet_length character_set_client character_set_name collation_connection
  collation_name created data_type database_collation datetime_precision definer dtd_identifier external_language external_name
  is_deterministic last_altered numeric_precision numeric_scale parameter_style routine_body routine_catalog routine_comment
  routine_definition routine_name routine_schema routine_type security_type specific_name sql_data_access sql_mode sql_path
parameters: character_maximum_length character_octet_length character_set_name collation_name data_type datetime_precision
  dtd_identifier numeric_precision numeric_scale ordinal_position parameter_mode parameter_name routine_type specific_catalog
  specific_name specific_schema
triggers: action_condition action_order action_orientation action_reference_new_row action_reference_new_table
  action_reference_old_row action_reference_old_table action_statement action_timing character_set_client collation_connection
  created database_collation definer event_manipulation event_object_catalog event_object_schema event_object_table sql_mode
  trigger_catalog trigger_name trigger_schema
events: character_set_client collation_connection created database_collation definer ends event_body event_catalog event_comment
  event_definition event_name event_schema event_type execute_at interval_field interval_value last_altered last_executed
  on_completion originator sql_mode starts status time_zone
st_geometry_columns: column_name geometry_type_name srs_id srs_name table_catalog table_name table_schema
libraries: created creator language last_altered library_catalog library_comment library_definition library_name library_schema
  sql_mode
`

// mariaDBColumns are those of MariaDB. Read from 10.11 and 11.8.
const mariaDBColumns = `
schemata: catalog_name default_character_set_name default_collation_name schema_comment schema_name sql_path
tables: auto_increment avg_row_length check_time checksum create_options create_time data_free data_length engine index_length
  max_data_length max_index_length row_format table_catalog table_collation table_comment table_name table_rows table_schema
  table_type temporary update_time version
columns: character_maximum_length character_octet_length character_set_name collation_name column_comment column_default
  column_key column_name column_type data_type datetime_precision extra generation_expression is_generated is_nullable
  is_system_time_period_end is_system_time_period_start numeric_precision numeric_scale ordinal_position privileges table_catalog
  table_name table_schema
statistics: cardinality collation column_name comment ignored index_comment index_name index_schema index_type non_unique nullable
  packed seq_in_index sub_part table_catalog table_name table_schema
table_constraints: constraint_catalog constraint_name constraint_schema constraint_type table_name table_schema
referential_constraints: constraint_catalog constraint_name constraint_schema delete_rule match_option referenced_table_name
  table_name unique_constraint_catalog unique_constraint_name unique_constraint_schema update_rule
check_constraints: check_clause constraint_catalog constraint_name constraint_schema level table_name
key_column_usage: column_name constraint_catalog constraint_name constraint_schema ordinal_position position_in_unique_constraint
  referenced_column_name referenced_table_name referenced_table_schema table_catalog table_name table_schema
partitions: avg_row_length check_time checksum create_time data_free data_length index_length max_data_length nodegroup
  partition_comment partition_description partition_expression partition_method partition_name partition_ordinal_position
  subpartition_expression subpartition_method subpartition_name subpartition_ordinal_position table_catalog table_name table_rows
  table_schema tablespace_name update_time
views: algorithm character_set_client check_option collation_connection definer is_updatable security_type table_catalog
  table_name table_schema view_definition
routines: character_maximum_length character_octet_length character_set_client character_set_name collation_connection
  collation_name created data_type database_collation datetime_precision definer dtd_identifier external_language external_name
  is_deterministic last_altered numeric_precision numeric_scale parameter_style routine_body routine_catalog routine_comment
  routine_definition routine_name routine_schema routine_type security_type specific_name sql_data_access sql_mode sql_path
parameters: character_maximum_length character_octet_length character_set_name collation_name data_type datetime_precision
  dtd_identifier numeric_precision numeric_scale ordinal_position parameter_mode parameter_name routine_type specific_catalog
  specific_name specific_schema
triggers: action_condition action_order action_orientation action_reference_new_row action_reference_new_table
  action_reference_old_row action_reference_old_table action_statement action_timing character_set_client collation_connection
  created database_collation definer event_manipulation event_object_catalog event_object_schema event_object_table sql_mode
  trigger_catalog trigger_name trigger_schema
events: character_set_client collation_connection created database_collation definer ends event_body event_catalog event_comment
  event_definition event_name event_schema event_type execute_at interval_field interval_value last_altered last_executed
  on_completion originator sql_mode starts status time_zone
sequences: cycle_option data_type increment maximum_value minimum_value numeric_precision numeric_precision_radix numeric_scale
  sequence_catalog sequence_name sequence_schema start_value
periods: end_column_name period start_column_name table_catalog table_name table_schema
key_period_usage: constraint_catalog constraint_name constraint_schema period_name table_catalog table_name table_schema
geometry_columns: coord_dimension f_geometry_column f_table_catalog f_table_name f_table_schema g_geometry_column g_table_catalog
  g_table_name g_table_schema geometry_type max_ppr srid storage_type
`
