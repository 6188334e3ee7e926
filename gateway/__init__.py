"""Headgate: one SQL question over data products that live in many stores."""
