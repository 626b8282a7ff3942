import { testRows } from './row-tests.ts';

testRows('Uploads', 'Uploads in parts', 'Manifests', 'Lists', 'Referrers');
