import express from 'express';
import { site } from './express-site.mjs';

export const app = site(express);
