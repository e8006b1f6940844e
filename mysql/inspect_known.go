package mysql

import "github.com/lockstepdb/lockstep"

// defaultMode is the sql_mode that a product has unless it is configured.
// Checked on MySQL 9.7 and MariaDB 10.11.
func defaultMode(srv lockstep.Server) string {
	if srv.Flavor == flavorMariaDB {
		return "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"
	}
	return "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
}

// uca1400Since is the first MariaDB that maps utf8mb4 to UCA 14.
const uca1400Since = 110500

// connectionCollation is the collation that SET NAMES utf8mb4 gives to a session,
// such as those of the lockstep command, and of the mysql shell.
func connectionCollation(srv lockstep.Server) string {
	switch {
	case srv.Flavor == flavorMySQL:
		return "utf8mb4_0900_ai_ci"
	case srv.Number >= uca1400Since:
		return "utf8mb4_uca1400_ai_ci"
	}
	return "utf8mb4_general_ci"
}
