export {
  describeFinding,
  type Finding,
  type Rule,
  type Severity,
  type Side,
  type Subject,
  ValidationError,
} from './rule.ts';
export { rules, subjects } from './rules.ts';
export { type ValidatorOptions, validator } from './validator.ts';
