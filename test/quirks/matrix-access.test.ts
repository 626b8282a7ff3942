import { testRows } from './row-tests.ts';

testRows('Access', 'Statuses', 'Headers', 'Downloads');
