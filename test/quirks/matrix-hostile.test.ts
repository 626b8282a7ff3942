import { testRows } from './row-tests.ts';

testRows('What means ill', 'Errors', 'Addresses');
