// One file, for each one starts a Postgres of its own, which takes some seconds.
import './contract.cases.ts';
import './faults.cases.ts';
import './import-legacy.cases.ts';
import './layout.cases.ts';
import './rows.cases.ts';
import './transaction.cases.ts';
