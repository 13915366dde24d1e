export type { PythonOptions } from './options.ts';
export { type PythonApplication, python, pythonMiddleware } from './python.ts';
export { PythonError } from './python-error.ts';
