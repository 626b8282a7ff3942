export { checkKey, checkLimit, checkPrefix, checkValue } from '../memory/record-key.ts';
