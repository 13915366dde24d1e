import express from 'express4';
import { site } from './express-site.mjs';

export const app = site(express);
